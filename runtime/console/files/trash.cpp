// SPDX-License-Identifier: Apache-2.0
// Deletion. What is deleted lies in ROOT/.tmplbuild/trash/ID: "item", and info.json, which says where it was.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "console/files/changes.hpp"
#include "console/files/names.hpp"
#include "console/files/own_folders.hpp"
#include "console/files/transfer.hpp"
#include "console/files/values.hpp"
#include "console/files/walk.hpp"
#include "sys/clock.hpp"
#include "sys/file.hpp"

namespace tmplbuild::console::files {

namespace {

constexpr const char* item_name = "item";
constexpr const char* info_name = "info.json";
constexpr std::uint64_t info_limit = 64 << 10;
constexpr std::chrono::milliseconds discarded_takes{1'000};

// What lies in the trash under an id.
struct Discarded {
    std::string id{}, path{};  // the path as clients write it
    std::int64_t size = 0, deleted = 0;

    json::object fields() const {
        return {{"path", path}, {"name", path.substr(path.rfind('/') + 1)}, {"size", size}, {"deleted", deleted}};
    }
};

std::int64_t size_of(const Named& item, Conversation& talk) {
    struct stat info {};
    if (::fstatat(item.folder, item.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return 0;
    if (!S_ISDIR(info.st_mode)) return static_cast<std::int64_t>(info.st_size);
    sys::Fd folder(::openat(item.folder, item.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder) return 0;
    return static_cast<std::int64_t>(
        size_of_tree(std::move(folder), discarded_takes, [&] { talk.line().at_work(); }).bytes);
}

sys::Fd open_discarded(const sys::KeptFolder& trash, const std::string& id) {
    return sys::Fd(::openat(trash.fd(), id.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

std::optional<Discarded> read_discarded(const sys::KeptFolder& trash, const std::string& id) {
    const sys::Fd folder = is_id(id) ? open_discarded(trash, id) : sys::Fd();
    if (!folder) return std::nullopt;
    const sys::Fd file(::openat(folder.get(), info_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    const auto text =
        file ? sys::read_open_file(file.get(), info_name, info_limit) : Result<std::string>(build_error(""));
    const auto parsed = text ? json::parse(*text, info_name) : Result<json::value>(build_error(""));
    const json::object* object = parsed ? parsed->if_object() : nullptr;
    if (object == nullptr) return std::nullopt;
    return Discarded{id, json::string_or(*object, "path", ""), json::int_or(*object, "size", 0),
                     json::int_or(*object, "deleted", 0)};
}

Reply<void> write_info(int folder, const Discarded& one) {
    const sys::Fd file(::openat(folder, info_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) return failed("write", "the trash", errno);
    if (auto put = sys::write_all(file.get(), sys::as_bytes(json::compact(one.fields())), "the trash"); !put)
        return refusal_of(put.error());
    return {};
}

Reply<void> to_trash(const Place& item, const Named& from, Conversation& talk) {
    const auto trash = own_folder(*item.root, "trash");
    if (!trash) return trash.error();
    Discarded one{new_id(), shown(item.path()), size_of(from, talk), sys::in_ms(sys::time_of_day())};
    if (::mkdirat(trash->fd(), one.id.c_str(), 0700) != 0) return failed("make", "the trash", errno);
    const sys::Fd folder = open_discarded(*trash, one.id);
    auto written = folder ? write_info(folder.get(), one) : Reply<void>(failed("open", "the trash", errno));
    const int code = written ? rename_to_free(from, {folder.get(), item_name}) : 0;
    if (written && code == 0) return {};
    (void)remove_all(trash->fd(), one.id, [&] { talk.line().at_work(); });
    if (!written) return written;
    if (code != EXDEV) return failed("delete", item.path(), code);
    return Refusal{409, "'" + shown(item.path()) + "' is on a file system of its own, which has no trash",
                   "delete it for good"};
}

Reply<void> delete_one(Conversation& talk, const Roots& roots, const std::string& path, bool for_good) {
    const auto item = roots.place(path);
    if (!item) return item.error();
    if (item->is_root() || roots.keeps(*item))
        return Refusal{403, "'" + shown(item->path()) + "' cannot be deleted here", {}};
    const auto folder = roots.open_folder(item->parent());
    if (!folder) return folder.error();
    const Named from{folder->get(), item->name()};
    if (::faccessat(from.folder, from.name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        return failed("find", item->path(), errno);
    if (!for_good) return to_trash(*item, from, talk);
    return remove_all(from.folder, from.name, [&] { talk.line().at_work(); });
}

// Calls `visit` for each thing in a trash of any root.
void each_discarded(const Roots& roots, const std::function<void(const sys::KeptFolder&, const Discarded&)>& visit) {
    for (const Root& root : roots.all()) {
        struct stat info {};
        // Nothing is made where nothing was deleted.
        if (::fstatat(root.fd.get(), ".tmplbuild/trash", &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
        const auto trash = own_folder(root, "trash");
        if (!trash) continue;
        Names names(sys::Fd(::openat(trash->fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
        unsigned char type = 0;
        std::vector<std::string> ids;
        while (const char* name = names.next(type)) ids.emplace_back(name);
        for (const std::string& id : ids)
            if (const auto one = read_discarded(*trash, id)) visit(*trash, *one);
    }
}

Reply<void> restore_one(const Roots& roots, const sys::KeptFolder& trash, const Discarded& one) {
    const auto place = roots.place(one.path);
    if (!place) return place.error();
    const auto parent = roots.make_folders(place->parent());
    if (!parent) return parent.error();
    const sys::Fd folder = open_discarded(trash, one.id);
    if (!folder) return failed("open", "the trash", errno);
    const int code = rename_to_free({folder.get(), item_name}, {parent->get(), place->name()});
    if (code == EEXIST || code == ENOTEMPTY)
        return Refusal{409, "'" + one.path + "' is there again", "rename that one first"};
    if (code != 0) return failed("restore", place->path(), code);
    return remove_all(trash.fd(), one.id, [] {});
}

}  // namespace

Reply<void> delete_items(Conversation& talk, const Roots& roots) {
    const auto body = talk.json_body(names_limit);
    if (!body) return body.error();
    const auto items = texts_of(*body, "items");
    if (!items) return items.error();
    const bool for_good = json::bool_or(*body, "forever", false);
    json::array deleted, errors;
    for (const std::string& path : *items) {
        talk.line().at_work();
        if (const auto done = delete_one(talk, roots, path, for_good))
            deleted.emplace_back(path);
        else
            errors.push_back(problem(path, done.error()));
    }
    const bool is_success = errors.empty();
    talk.answer(json_answer(
        200, json::object{{"deleted", std::move(deleted)}, {"errors", std::move(errors)}, {"success", is_success}}));
    return {};
}

Reply<void> list_trash(Conversation& talk, const Roots& roots) {
    json::array items;
    std::int64_t size = 0;
    each_discarded(roots, [&](const sys::KeptFolder&, const Discarded& one) {
        talk.line().at_work();
        json::object fields = one.fields();
        fields["id"] = one.id;
        size += one.size;
        items.push_back(std::move(fields));
    });
    std::sort(items.begin(), items.end(), [](const json::value& a, const json::value& b) {
        return a.at("deleted").to_number<std::int64_t>() > b.at("deleted").to_number<std::int64_t>();
    });
    talk.answer(json_answer(200, json::object{{"items", std::move(items)}, {"size", size}}));
    return {};
}

Reply<void> restore_items(Conversation& talk, const Roots& roots) {
    const auto body = talk.json_body(names_limit);
    if (!body) return body.error();
    const auto ids = texts_of(*body, "ids");
    if (!ids) return ids.error();
    std::set<std::string> wanted(ids->begin(), ids->end());
    json::array restored, errors;
    each_discarded(roots, [&](const sys::KeptFolder& trash, const Discarded& one) {
        if (wanted.erase(one.id) == 0) return;
        talk.line().at_work();
        if (const auto done = restore_one(roots, trash, one))
            restored.emplace_back(one.path);
        else
            errors.push_back(problem(one.path, done.error()));
    });
    for (const std::string& id : wanted)
        errors.push_back(problem(id, {404, "there is nothing with this id in the trash", {}}));
    const bool is_success = errors.empty();
    talk.answer(json_answer(
        200, json::object{{"restored", std::move(restored)}, {"errors", std::move(errors)}, {"success", is_success}}));
    return {};
}

Reply<void> empty_trash(Conversation& talk, const Roots& roots) {
    std::set<std::string> wanted;
    if (!talk.body().is_at_end()) {
        const auto body = talk.json_body(names_limit);
        if (!body) return body.error();
        if (body->contains("ids")) {
            const auto ids = texts_of(*body, "ids");
            if (!ids) return ids.error();
            wanted.insert(ids->begin(), ids->end());
        }
    }
    const bool is_all = wanted.empty();
    std::int64_t gone = 0, freed = 0;
    json::array errors;
    each_discarded(roots, [&](const sys::KeptFolder& trash, const Discarded& one) {
        if (!is_all && !wanted.contains(one.id)) return;
        if (const auto done = remove_all(trash.fd(), one.id, [&] { talk.line().at_work(); })) {
            ++gone;
            freed += one.size;
        } else {
            errors.push_back(problem(one.path, done.error()));
        }
    });
    const bool is_success = errors.empty();
    talk.answer(json_answer(
        200, json::object{{"emptied", gone}, {"size", freed}, {"errors", std::move(errors)}, {"success", is_success}}));
    return {};
}

}  // namespace tmplbuild::console::files
