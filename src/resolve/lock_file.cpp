// SPDX-License-Identifier: Apache-2.0
#include "resolve/lock_file.hpp"

#include <utility>

#include "sys/beneath.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

static constexpr std::uint64_t largest_lock = 64 << 20;  // bytes; one of 5,000 distributions has 2 MB

static Result<std::string> text_of(const fs::path& file) {
    auto folder = sys::Beneath::open(file.parent_path(), sys::Outside::refused);
    if (!folder) return folder.error();
    auto facts = folder->link_status(file.filename().string());
    if (!facts) return facts.error();
    if (!*facts) return std::string();
    return folder->read_file(file.filename().string(), largest_lock);
}

Result<LockFile> LockFile::read(const fs::path& file) {
    auto text = text_of(file);
    if (!text) return text.error().while_doing("reading the lock");
    if (text->empty()) return LockFile(file, {}, {});
    auto lock = Lock::parse(*text, file.filename());
    if (!lock) return lock.error();
    return LockFile(file, std::move(*text), std::move(*lock));
}

Result<void> LockFile::write(const Lock& made) const {
    const auto alone = sys::FileLock::acquire_folder(file_.parent_path());
    if (!alone) return alone.error();
    const std::string text = made.to_text();
    const auto now = text_of(file_);
    if (!now) return now.error();
    if (*now == text) return {};
    if (*now != text_)
        return build_error("another run wrote " + file_.filename().string() + " while this one was at work",
                           "run it again: what this run has made and fetched is kept");
    return sys::write_file_atomic(file_, text);
}

}  // namespace tmplbuild
