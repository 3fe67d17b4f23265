// SPDX-License-Identifier: Apache-2.0
// Uploads that can be gone on with: ROOT/.tmplbuild/uploads has ID.json, what is known of one, and ID.part, what has
// come. How far it is is the size of the part: a process that was killed has written all that it has said, and maybe
// more. One that is complete keeps its ID.json for a day, so that a client can prove its end.
#include "console/files/uploads.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <ctime>
#include <thread>

#include "base/text.hpp"
#include "console/files/arrival.hpp"
#include "console/files/names.hpp"
#include "console/files/own_folders.hpp"
#include "console/files/values.hpp"
#include "console/files/walk.hpp"

namespace tmplbuild::console::files {

namespace {

constexpr std::uint64_t portion_limit = 50 << 20, record_limit = 64 << 10;
constexpr std::size_t piece_size = 1 << 20, most_open = 10'000;
constexpr int lock_attempts = 250;
constexpr std::chrono::milliseconds lock_pause{20};
constexpr std::int64_t done_lasts = 24 * 3600, open_lasts = 14 * 24 * 3600;

struct Upload {
    std::string id{}, folder{}, name{}, conflict{};  // as clients write them
    std::int64_t size = 0;
    std::optional<std::int64_t> modified{};
    std::string hash{};            // of what has come: RunningHash::to_text
    std::string path{}, sha256{};  // when it is complete

    bool is_done() const { return !path.empty(); }

    json::object record() const {
        json::object out{{"folder", folder}, {"name", name}, {"conflict", conflict}, {"size", size},
                         {"hash", hash},     {"path", path}, {"sha256", sha256}};
        if (modified) out["modified"] = *modified;
        return out;
    }
    json::object fields(std::int64_t offset) const {
        json::object out{{"id", id}, {"path", is_done() ? path : folder}, {"name", name}, {"size", size}};
        out["offset"] = is_done() ? size : offset;
        out["done"] = is_done();
        out["sha256"] = is_done() ? json::value(sha256) : json::value();
        return out;
    }
};

// An upload's files in its root's folder.
class UploadFolder {
  public:
    explicit UploadFolder(sys::KeptFolder folder) : folder_(std::move(folder)) {}
    static Reply<UploadFolder> of(const Root& root) {
        auto folder = own_folder(root, "uploads");
        if (!folder) return folder.error();
        return UploadFolder(std::move(*folder));
    }

    std::optional<Upload> read(const std::string& id) const {
        const auto text = folder_.read(id + ".json", record_limit);
        const auto parsed = text && *text ? json::parse(**text, "an upload") : Result<json::value>(build_error(""));
        const json::object* object = parsed ? parsed->if_object() : nullptr;
        if (object == nullptr) return std::nullopt;
        Upload out{.id = id,
                   .folder = json::string_or(*object, "folder", ""),
                   .name = json::string_or(*object, "name", ""),
                   .conflict = json::string_or(*object, "conflict", "")};
        out.size = json::int_or(*object, "size", 0);
        if (object->contains("modified")) out.modified = json::int_or(*object, "modified", 0);
        out.hash = json::string_or(*object, "hash", "");
        out.path = json::string_or(*object, "path", "");
        out.sha256 = json::string_or(*object, "sha256", "");
        return out;
    }
    Reply<void> write(const Upload& upload) const {
        if (auto put = folder_.write(upload.id + ".json", json::compact(upload.record())); !put)
            return refusal_of(put.error());
        return {};
    }
    static std::string part_of(const std::string& id) { return id + ".part"; }
    sys::Fd open_part(const std::string& id, int flags) const {
        return sys::Fd(::openat(fd(), part_of(id).c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
    }
    std::int64_t offset_of(const std::string& id) const {
        struct stat info {};
        return ::fstatat(fd(), part_of(id).c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 ? info.st_size : 0;
    }
    bool has_part(const std::string& id) const {
        return ::faccessat(fd(), part_of(id).c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    }
    void remove(const std::string& id) const {
        ::unlinkat(fd(), part_of(id).c_str(), 0);
        ::unlinkat(fd(), (id + ".json").c_str(), 0);
    }
    std::vector<std::string> ids() const {
        std::vector<std::string> out;
        Names names(sys::Fd(::openat(fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
        unsigned char type = 0;
        while (const char* name = names.next(type)) {
            const std::string_view text = name;
            if (text.ends_with(".json") && is_id(text.substr(0, text.size() - 5)))
                out.emplace_back(text.substr(0, text.size() - 5));
        }
        return out;
    }
    // What nobody has gone on with, and what is complete and told.
    void forget_old() const {
        for (const std::string& id : ids()) {
            struct stat info {};
            const bool has_part = ::fstatat(fd(), part_of(id).c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
            if (!has_part && ::fstatat(fd(), (id + ".json").c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
            if (std::time(nullptr) - info.st_mtime > (has_part ? open_lasts : done_lasts)) remove(id);
        }
    }
    int fd() const { return folder_.fd(); }

  private:
    sys::KeptFolder folder_;
};

struct FoundUpload {
    UploadFolder folder;
    Upload upload;
};

// A process that was killed between the file's new name and the record of it: the part is gone, and its hash is known.
void settle(const Roots& roots, const UploadFolder& folder, Upload& upload) {
    if (upload.is_done() || upload.sha256.empty() || folder.has_part(upload.id)) return;
    const auto target = Target::of(roots, upload.folder, upload.name, upload.conflict);
    if (!target) return;
    upload.path = shown(target->place().path());
    (void)folder.write(upload);
}

Reply<FoundUpload> find_upload(const Roots& roots, const std::string& id) {
    const Refusal unknown(404, "there is no upload with this id", "begin it again");
    if (!is_id(id)) return unknown;
    for (const Root& root : roots.all()) {
        struct stat info {};
        if (::fstatat(root.fd.get(), ".tmplbuild/uploads", &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
        auto folder = UploadFolder::of(root);
        if (!folder) return folder.error();
        auto upload = folder->read(id);
        if (!upload) continue;
        settle(roots, *folder, *upload);
        return FoundUpload{std::move(*folder), std::move(*upload)};
    }
    return unknown;
}

Reply<Upload> wanted_upload(const json::object& body) {
    Upload out;
    const auto folder = text_of(body, "path"), name = text_of(body, "name");
    if (!folder || !name) return !folder ? folder.error() : name.error();
    const json::value* size = body.if_contains("size");
    const auto bytes = size != nullptr && size->is_int64() ? size->get_int64() : -1;
    if (bytes < 0) return Refusal{400, "'size' is no whole number of bytes", "it is the file's whole size"};
    out.id = new_id();
    out.folder = *folder;
    out.name = *name;
    out.conflict = json::string_or(body, "conflict", "");
    out.size = bytes;
    if (const json::value* modified = body.if_contains("modified"); modified != nullptr && modified->is_int64())
        out.modified = modified->get_int64();
    return out;
}

// One portion of an upload, written behind what is there.
class Portion {
  public:
    Portion(Conversation& talk, const Roots& roots, FoundUpload& found)
        : talk_(talk), roots_(roots), folder_(found.folder), upload_(found.upload) {}

    Reply<void> run(std::int64_t offset) {
        const sys::Fd part = folder_.open_part(upload_.id, O_RDWR);
        if (!part) return failed("open", upload_.name, errno);
        if (!lock(part.get()))
            return Refusal{409, "another request is writing this upload", "try again when it has ended"};
        struct stat info {};
        if (::fstat(part.get(), &info) != 0) return failed("look at", upload_.name, errno);
        at_ = info.st_size;
        if (at_ != offset) return wrong_offset();
        const auto hashed = catch_up(part.get());
        if (!hashed) return hashed;
        auto written = write(part.get());
        upload_.hash = hash_.to_text();
        if (!written) {
            if (written.error().status != 0) (void)folder_.write(upload_);
            return written;
        }
        return at_ == upload_.size ? finish() : keep();
    }

  private:
    // The process of the portion before may have answered, and not ended yet.
    bool lock(int part) {
        for (int attempt = 0; attempt < lock_attempts; ++attempt) {
            if (::flock(part, LOCK_EX | LOCK_NB) == 0) return true;
            std::this_thread::sleep_for(lock_pause);
            talk_.line().at_work();
        }
        return false;
    }

    Reply<void> wrong_offset() {
        json::object out{{"error", json::object{{"message", "the upload is at another offset"},
                                                {"hint", "go on from the offset of this answer"}}}};
        out["offset"] = at_;
        out["done"] = false;
        talk_.answer(json_answer(409, out));
        return {};
    }

    // A process that was killed has left more than its record says.
    Reply<void> catch_up(int part) {
        if (const auto kept = RunningHash::parse(upload_.hash);
            kept && kept->bytes() <= static_cast<std::uint64_t>(at_))
            hash_ = *kept;
        std::string buffer(piece_size, '\0');
        while (hash_.bytes() < static_cast<std::uint64_t>(at_)) {
            talk_.line().at_work();
            const ssize_t got = ::pread(part, buffer.data(), buffer.size(), static_cast<off_t>(hash_.bytes()));
            if (got <= 0) return failed("read", upload_.name, got < 0 ? errno : EIO);
            hash_.update({buffer.data(), static_cast<std::size_t>(got)});
        }
        return {};
    }

    Reply<void> write(int part) {
        const auto left = static_cast<std::uint64_t>(upload_.size - at_);
        if (auto set = talk_.body().set_limit(std::min(portion_limit, left)); !set)
            return Refusal{413,
                           left < portion_limit ? "the body is longer than what is left of the file"
                                                : "the body is longer than 50 MB",
                           "send portions of at most 50 MB"};
        std::string buffer(piece_size, '\0');
        for (;;) {
            const auto got = talk_.body().read(buffer);
            if (!got) return got.error();
            if (*got == 0) return {};
            const std::string_view data(buffer.data(), *got);
            for (std::size_t done = 0; done < data.size();) {
                const ssize_t put = ::pwrite(part, data.data() + done, data.size() - done, at_);
                if (put < 0) return no_space(upload_.name, errno);
                hash_.update(data.substr(done, static_cast<std::size_t>(put)));
                done += static_cast<std::size_t>(put);
                at_ += put;
            }
            talk_.line().at_work();
        }
    }

    Reply<void> keep() {
        if (auto kept = folder_.write(upload_); !kept) return kept;
        talk_.answer(json_answer(200, upload_.fields(at_)));
        return {};
    }

    Reply<void> finish() {
        const auto target = Target::of(roots_, upload_.folder, upload_.name, upload_.conflict);
        if (!target) return target.error();
        if (auto free = target->check_free(roots_); !free) {
            (void)folder_.write(upload_);
            return free;
        }
        upload_.sha256 = hash_.hex();
        if (auto kept = folder_.write(upload_); !kept) return kept;
        const auto place =
            give_name(roots_, *target, folder_.fd(), UploadFolder::part_of(upload_.id), upload_.modified, talk_.line());
        if (!place) return place.error();
        upload_.path = shown(place->path());
        upload_.hash.clear();
        return keep();
    }

    Conversation& talk_;
    const Roots& roots_;
    UploadFolder& folder_;
    Upload& upload_;
    RunningHash hash_{};
    std::int64_t at_ = 0;
};

}  // namespace

Reply<void> begin_upload(Conversation& talk, const Roots& roots) {
    const auto body = talk.json_body(names_limit);
    if (!body) return body.error();
    const auto upload = wanted_upload(*body);
    if (!upload) return upload.error();
    const auto target = Target::of(roots, upload->folder, upload->name, upload->conflict);
    if (!target) return target.error();
    if (auto there = roots.open_folder(target->folder); !there) return there.error();
    if (auto free = target->check_free(roots); !free) return free;
    const auto folder = UploadFolder::of(*target->folder.root);
    if (!folder) return folder.error();
    folder->forget_old();
    if (folder->ids().size() >= most_open)
        return Refusal{409, "10000 uploads are open", "end some of them: DELETE /api/uploads/ID"};
    if (auto space = check_space(folder->fd(), static_cast<std::uint64_t>(upload->size)); !space) return space;
    if (!folder->open_part(upload->id, O_WRONLY | O_CREAT | O_EXCL)) return no_space(target->place().path(), errno);
    if (auto kept = folder->write(*upload); !kept) {
        folder->remove(upload->id);
        return kept;
    }
    talk.answer(json_answer(201, upload->fields(0)));
    return {};
}

Reply<void> list_uploads(Conversation& talk, const Roots& roots) {
    json::array list;
    for (const Root& root : roots.all()) {
        struct stat info {};
        if (::fstatat(root.fd.get(), ".tmplbuild/uploads", &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
        const auto folder = UploadFolder::of(root);
        if (!folder) continue;
        for (const std::string& id : folder->ids())
            if (const auto upload = folder->read(id)) list.push_back(upload->fields(folder->offset_of(id)));
    }
    talk.answer(json_answer(200, json::object{{"uploads", std::move(list)}}));
    return {};
}

Reply<void> show_upload(Conversation& talk, const Roots& roots) {
    const auto found = find_upload(roots, talk.facts().words.front());
    if (!found) return found.error();
    talk.answer(json_answer(200, found->upload.fields(found->folder.offset_of(found->upload.id))));
    return {};
}

Reply<void> go_on_with_upload(Conversation& talk, const Roots& roots) {
    const auto given = Values::of(talk);
    if (!given) return given.error();
    const auto offset = given->number("offset", -1);
    if (!offset) return offset.error();
    if (*offset < 0) return Refusal{400, "offset is missing", "say from which byte on the body is: ?offset=0"};
    auto found = find_upload(roots, talk.facts().words.front());
    if (!found) return found.error();
    if (found->upload.is_done()) {
        talk.answer(json_answer(200, found->upload.fields(0)));
        return {};
    }
    return Portion(talk, roots, *found).run(*offset);
}

Reply<void> drop_upload(Conversation& talk, const Roots& roots) {
    const auto found = find_upload(roots, talk.facts().words.front());
    if (!found) return found.error();
    found->folder.remove(found->upload.id);
    talk.answer(json_answer(200, json::object{{"done", "forgotten"}}));
    return {};
}

}  // namespace tmplbuild::console::files
