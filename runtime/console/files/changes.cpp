// SPDX-License-Identifier: Apache-2.0
#include "console/files/changes.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "console/files/names.hpp"
#include "console/files/own_folders.hpp"
#include "console/files/transfer.hpp"
#include "console/files/values.hpp"
#include "console/files/walk.hpp"

namespace tmplbuild::console::files {

namespace {

constexpr int most_numbers = 10'000;  // "clip (2).png" and so on

Refusal is_there(const Place& place) {
    return {409, "'" + shown(place.path()) + "' is there already", "choose another name, or delete that one first"};
}

// A root itself cannot be renamed, moved or deleted.
Reply<Place> item_at(const Roots& roots, std::string_view path) {
    auto place = roots.place(path);
    if (place && place->is_root())
        return Refusal{403, "'" + shown(place->path()) + "' is one of the console's own folders: it stays", {}};
    return place;
}

GoesOn watch(Conversation& talk) {
    return [&talk, steps = 0]() mutable {
        talk.line().at_work();
        return ++steps % 64 != 0 || !talk.is_client_gone();
    };
}

// One item's way to another folder.
struct Transfer {
    const Roots& roots;
    Conversation& talk;
    Place to;       // the folder
    int to_folder;  // open
    bool is_copy;

    Reply<std::string> run(const std::string& path) const {
        const auto item = item_at(roots, path);
        if (!item) return item.error();
        const auto parent = roots.open_folder(item->parent());
        if (!parent) return parent.error();
        const Named from{parent->get(), item->name()};
        if (roots.keeps(*item))
            return Refusal{403, "'" + shown(item->path()) + "' belongs to the pod's own programs", {}};
        if (::faccessat(from.folder, from.name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) != 0)
            return failed("find", item->path(), errno);
        return is_copy ? copy(*item, from) : move(*item, from);
    }

  private:
    Reply<std::string> move(const Place& item, const Named& from) const {
        const Place target = to.child(from.name);
        const int code = rename_to_free(from, {to_folder, from.name});
        if (code == 0) return shown(target.path());
        if (code == EEXIST || code == ENOTEMPTY) return is_there(target);
        if (code == EINVAL) return Refusal{400, "'" + shown(item.path()) + "' cannot be moved into itself", {}};
        if (code != EXDEV) return failed("move", item.path(), code);
        if (const auto copied = copy_to(item, from, target); !copied) return copied.error();
        const auto removed = remove_all(from.folder, from.name, [&] { talk.line().at_work(); });
        if (!removed) return removed.error();
        return shown(target.path());
    }

    // A copy beside the original gets a number.
    Reply<std::string> copy(const Place& item, const Named& from) const {
        Place target = to.child(from.name);
        const bool is_beside = item.root == to.root && item.parent().inner == to.inner;
        for (int number = 2; is_beside && number < most_numbers; ++number) {
            if (::faccessat(to_folder, target.name().c_str(), F_OK, AT_SYMLINK_NOFOLLOW) != 0) break;
            target = to.child(numbered(from.name, number));
        }
        if (auto right = check_name(target.name()); !right) return right.error();
        if (const auto copied = copy_to(item, from, target); !copied) return copied.error();
        return shown(target.path());
    }

    // First under a name that nobody sees, then under its own.
    Reply<void> copy_to(const Place& item, const Named& from, const Place& target) const {
        if (::faccessat(to_folder, target.name().c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) return is_there(target);
        const auto own = own_folder(*to.root, "uploads");
        if (!own) return own.error();
        const Named hidden{own->fd(), "copy-" + new_id()};
        const auto skip = [&](const std::string& inside) { return roots.keeps({item.root, item.inner + inside}); };
        if (auto copied = copy_tree(from, hidden, watch(talk), skip); !copied) return copied;
        const int code = rename_to_free(hidden, {to_folder, target.name()});
        if (code == 0) return {};
        (void)remove_all(hidden.folder, hidden.name, [&] { talk.line().at_work(); });
        return code == EEXIST ? is_there(target) : failed("make", target.path(), code);
    }
};

Reply<void> transfer(Conversation& talk, const Roots& roots, bool is_copy) {
    const auto body = talk.json_body(names_limit);
    if (!body) return body.error();
    const auto items = texts_of(*body, "items");
    if (!items) return items.error();
    const auto to = text_of(*body, "to");
    if (!to) return to.error();
    const auto place = roots.place(*to);
    if (!place) return place.error();
    const auto folder = roots.open_folder(*place);
    if (!folder) return folder.error();
    const Transfer one{roots, talk, *place, folder->get(), is_copy};
    json::array done, errors;
    for (const std::string& path : *items) {
        auto arrived = one.run(path);
        if (!arrived && arrived.error().status == 0) return arrived.error();
        if (arrived)
            done.emplace_back(*arrived);
        else
            errors.push_back(problem(path, arrived.error()));
    }
    const bool is_success = errors.empty();
    talk.answer(json_answer(200, json::object{{is_copy ? "copied" : "moved", std::move(done)},
                                              {"errors", std::move(errors)},
                                              {"success", is_success}}));
    return {};
}

}  // namespace

Reply<void> create_folder(Conversation& talk, const Roots& roots) {
    const auto body = talk.json_body(names_limit);
    if (!body) return body.error();
    const auto where = text_of(*body, "current_path"), name = text_of(*body, "folder_name");
    if (!where || !name) return !where ? where.error() : name.error();
    if (auto right = check_name(real(*name)); !right) return right;
    const auto parent = roots.place(*where);
    if (!parent) return parent.error();
    const auto place = roots.place(shown(parent->child(real(*name)).path()));
    if (!place) return place.error();
    const auto folder = roots.open_folder(*parent);
    if (!folder) return folder.error();
    if (::mkdirat(folder->get(), place->name().c_str(), 0777) != 0)
        return errno == EEXIST ? is_there(*place) : failed("make", place->path(), errno);
    talk.answer(json_answer(200, json::object{{"success", true}, {"path", shown(place->path())}}));
    return {};
}

Reply<void> rename(Conversation& talk, const Roots& roots) {
    const auto body = talk.json_body(names_limit);
    if (!body) return body.error();
    const auto old_path = text_of(*body, "old_path"), new_name = text_of(*body, "new_name");
    if (!old_path || !new_name) return !old_path ? old_path.error() : new_name.error();
    if (auto right = check_name(real(*new_name)); !right) return right;
    const auto item = item_at(roots, *old_path);
    if (!item) return item.error();
    if (roots.keeps(*item)) return Refusal{403, "'" + shown(item->path()) + "' belongs to the pod's own programs", {}};
    const auto target = roots.place(shown(item->parent().child(real(*new_name)).path()));
    if (!target) return target.error();
    const auto folder = roots.open_folder(item->parent());
    if (!folder) return folder.error();
    if (item->name() != target->name()) {
        const int code = rename_to_free({folder->get(), item->name()}, {folder->get(), target->name()});
        if (code == EEXIST || code == ENOTEMPTY) return is_there(*target);
        if (code != 0) return failed("rename", item->path(), code);
    }
    talk.answer(json_answer(200, json::object{{"success", true}, {"new_path", shown(target->path())}}));
    return {};
}

Reply<void> move_items(Conversation& talk, const Roots& roots) { return transfer(talk, roots, false); }
Reply<void> copy_items(Conversation& talk, const Roots& roots) { return transfer(talk, roots, true); }

}  // namespace tmplbuild::console::files
