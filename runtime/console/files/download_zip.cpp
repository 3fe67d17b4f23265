// SPDX-License-Identifier: Apache-2.0
// Folders and selections as a zip archive that is never whole anywhere but at the client.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <set>

#include "console/files/downloads.hpp"
#include "console/files/names.hpp"
#include "console/files/own_folders.hpp"
#include "console/files/transfer.hpp"
#include "console/files/values.hpp"
#include "console/files/walk.hpp"
#include "console/files/zip_stream.hpp"

namespace tmplbuild::console::files {

namespace {

constexpr std::size_t read_at_once = 1 << 20;
constexpr std::size_t longest_name = 0xffff;
constexpr std::uint64_t selection_limit = 16 << 20;
constexpr std::int64_t selection_lasts = 24 * 3600;
constexpr const char* missing_name = "not in this archive.txt";

class Packer {
  public:
    Packer(Conversation& talk, const Roots& roots)
        : talk_(talk), roots_(roots), zip_([&talk](std::string_view part) { return talk.write(part); }) {}

    // Everything below an item, or the file that it is, under names that begin with `name`.
    Reply<void> add_item(const Place& item, const std::string& name) {
        struct stat info {};
        if (!roots_.follow(item, info)) return note(name, "it is gone, or a link that leads nowhere");
        if (S_ISDIR(info.st_mode)) return add_folder(item, name, info);
        struct stat now {};
        const auto file = roots_.open_file(item, now);
        if (!file) return note(name, file.error().message);
        return add_file(file->get(), name, now);
    }

    // What could not be packed stands in a file of the archive: nobody takes it for complete.
    Reply<void> finish() {
        if (!missing_.empty()) {
            auto done = zip_.begin_entry(missing_name, missing_.size(), std::time(nullptr), S_IFREG | 0644);
            if (done) done = zip_.write(missing_);
            if (done) done = zip_.end_entry();
            if (!done) return done;
        }
        return zip_.finish();
    }

  private:
    Reply<void> note(const std::string& name, const std::string& why) {
        missing_ += name + ": " + why + "\n";
        return {};
    }

    Reply<void> add_folder(const Place& item, const std::string& name, const struct stat& info) {
        auto folder = roots_.open_folder(item);
        if (!folder) return note(name, folder.error().message);
        Reply<void> done = add_name(name + "/", info);
        if (!done) return done;
        walk(std::move(*folder), [&](const Found& found) {
            const std::string inside = found.inside + found.name;
            if (found.type == DT_DIR && roots_.keeps(item.child(inside))) return Step::skip;
            done = add_found(found, name + "/" + zip_name(shown(inside)));
            return done ? Step::go_on : Step::stop;
        });
        return done;
    }

    Reply<void> add_found(const Found& found, const std::string& name) {
        struct stat info {};
        if (::fstatat(found.folder, found.name, &info, AT_SYMLINK_NOFOLLOW) != 0) return note(name, "it is gone");
        if (S_ISDIR(info.st_mode)) return add_name(name + "/", info);
        if (!S_ISREG(info.st_mode)) return note(name, S_ISLNK(info.st_mode) ? "it is a link" : "it is no regular file");
        const sys::Fd file(::openat(found.folder, found.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        if (!file || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode))
            return note(name, failed("open", found.name, errno).message);
        return add_file(file.get(), name, info);
    }

    Reply<void> add_name(const std::string& name, const struct stat& info) {
        if (name.size() > longest_name) return note(name.substr(0, 200) + "…", "its name is too long");
        if (auto begun = zip_.begin_entry(name, 0, info.st_mtime, info.st_mode); !begun) return begun;
        return zip_.end_entry();
    }

    Reply<void> add_file(int file, const std::string& name, const struct stat& info) {
        if (name.size() > longest_name) return note(name.substr(0, 200) + "…", "its name is too long");
        ::posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL);
        auto left = static_cast<std::uint64_t>(info.st_size);
        if (auto begun = zip_.begin_entry(name, left, info.st_mtime, info.st_mode); !begun) return begun;
        buffer_.resize(read_at_once);
        while (left > 0) {
            const ssize_t got = ::read(file, buffer_.data(), std::min<std::uint64_t>(left, buffer_.size()));
            if (got < 0) (void)note(name, "only a part of it could be read");
            if (got == 0) (void)note(name, "it became shorter while it was packed");
            if (got <= 0) break;
            left -= static_cast<std::uint64_t>(got);
            if (auto sent = zip_.write({buffer_.data(), static_cast<std::size_t>(got)}); !sent) return sent;
        }
        return zip_.end_entry();
    }

    Conversation& talk_;
    const Roots& roots_;
    ZipStream zip_;
    std::string buffer_{}, missing_{};
};

Reply<void> send_zip(Conversation& talk, const Roots& roots, const std::vector<Place>& items, const std::string& name) {
    Answer head = file_answer(200, "application/zip");
    head.with("Content-Disposition", disposition("attachment", name));
    if (auto begun = talk.begin(head, BodyLength::chunked()); !begun) return begun;
    if (talk.is_head()) return talk.end();
    Packer packer(talk, roots);
    std::set<std::string> taken;
    for (const Place& item : items) {
        // Two of one name, from two folders, are two entries.
        std::string own = zip_name(shown(item.name()));
        for (int number = 2; !taken.insert(own).second; ++number) own = numbered(zip_name(shown(item.name())), number);
        if (auto added = packer.add_item(item, own); !added) return added;
    }
    if (auto finished = packer.finish(); !finished) return finished;
    return talk.end();
}

Reply<void> send_selected(Conversation& talk, const Roots& roots, const std::vector<std::string>& paths) {
    std::vector<Place> items;
    for (const std::string& path : paths) {
        auto place = roots.place(path);
        if (!place) return place.error();
        if (auto there = roots.look_at(*place); !there) return there.error();
        items.push_back(std::move(*place));
    }
    return send_zip(talk, roots, items, "selected_files.zip");
}

void forget_old_selections(const sys::KeptFolder& folder) {
    Names names(sys::Fd(::openat(folder.fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
    unsigned char type = 0;
    std::vector<std::string> old;
    while (const char* name = names.next(type)) {
        struct stat info {};
        if (::fstatat(folder.fd(), name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
            std::time(nullptr) - info.st_mtime > selection_lasts)
            old.emplace_back(name);
    }
    for (const std::string& name : old) ::unlinkat(folder.fd(), name.c_str(), 0);
}

Reply<sys::KeptFolder> selections(const Roots& roots) {
    if (roots.all().empty()) return Refusal{503, "the volume is not there", {}};
    return own_folder(roots.all().front(), "selections");
}

}  // namespace

Reply<void> download_folder(Conversation& talk, const Roots& roots) {
    const auto given = Values::of(talk);
    if (!given) return given.error();
    const auto place = roots.place(given->text("path"));
    if (!place) return place.error();
    if (auto folder = roots.open_folder(*place); !folder) return folder.error();
    return send_zip(talk, roots, {*place}, place->name() + ".zip");
}

Reply<void> download_posted(Conversation& talk, const Roots& roots) {
    const auto body = talk.json_body(names_limit);
    if (!body) return body.error();
    const auto files = texts_of(*body, "files");
    if (!files) return files.error();
    return send_selected(talk, roots, *files);
}

Reply<void> make_selection(Conversation& talk, const Roots& roots) {
    const auto body = talk.json_body(names_limit);
    if (!body) return body.error();
    const auto files = texts_of(*body, "files");
    if (!files) return files.error();
    for (const std::string& path : *files)
        if (auto place = roots.place(path); !place) return place.error();
    const auto folder = selections(roots);
    if (!folder) return folder.error();
    forget_old_selections(*folder);
    const std::string id = new_id();
    const json::array list(files->begin(), files->end());
    if (auto put = folder->write(id, json::compact(json::object{{"files", list}})); !put)
        return refusal_of(put.error());
    talk.answer(json_answer(201, json::object{{"id", id}}));
    return {};
}

Reply<void> download_selected(Conversation& talk, const Roots& roots) {
    const auto given = Values::of(talk);
    if (!given) return given.error();
    const std::string id = given->text("selection");
    const Refusal unknown(404, "there is no selection with this id",
                          "selections last for a day: select the files again");
    if (!is_id(id)) return unknown;
    const auto folder = selections(roots);
    if (!folder) return folder.error();
    const auto text = folder->read(id, selection_limit);
    if (!text) return refusal_of(text.error());
    if (!*text) return unknown;
    const auto parsed = json::parse(**text, "the selection");
    if (!parsed || !parsed->is_object()) return unknown;
    const auto files = texts_of(parsed->get_object(), "files");
    if (!files) return files.error();
    return send_selected(talk, roots, *files);
}

}  // namespace tmplbuild::console::files
