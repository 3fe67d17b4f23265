// SPDX-License-Identifier: Apache-2.0
#include "resolve/file_digest.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <ctime>
#include <functional>

#include "base/canonical_key.hpp"
#include "resolve/context_files.hpp"
#include "sys/clock.hpp"
#include "sys/fd.hpp"

namespace tmplbuild {

namespace {

// Adds one path to the key: its content, or what stat(2) says of it.
using Describe = std::function<Result<void>(const ContextFiles& files, const std::string& name,
                                            const std::string& relative, const struct stat& facts)>;

Result<Digest> hash_content(const ContextFiles& files, const std::string& relative) {
    auto fd = files.open_file(relative);
    if (!fd) return fd.error();
    ::posix_fadvise(fd->get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    std::vector<std::byte> buffer(256 << 10);
    Sha256 hasher;
    for (;;) {
        auto got = sys::read_full(fd->get(), buffer, files.shown(relative));
        if (!got) return got.error();
        hasher.update(std::span<const std::byte>(buffer).first(*got));
        if (*got < buffer.size()) return hasher.finish();
    }
}

Result<void> add_content(CanonicalKey& key, const ContextFiles& files, const std::string& name,
                         const std::string& relative, const struct stat& facts) {
    if (S_ISLNK(facts.st_mode)) {
        auto target = files.read_link(relative);
        if (!target) return target.error();
        key.add(name, std::vector<std::string>{"link", *target});
        return {};
    }
    if (S_ISREG(facts.st_mode)) {
        auto digest = hash_content(files, relative);
        if (!digest) return digest.error();
        key.add(name, std::vector<std::string>{(facts.st_mode & 0111) != 0 ? "program" : "file", digest->hex()});
        return {};
    }
    // A special file is refused by the packer, which names it.
    key.add(name, S_ISDIR(facts.st_mode) ? "folder" : "special");
    return {};
}

Result<void> walk_item(const FileItem& item, const std::string& prefix, const Describe& describe) {
    auto files = ContextFiles::open(item);
    if (!files) return files.error();
    auto walked = files->walk([&](const std::string& relative, const struct stat& facts) {
        return describe(*files, prefix + relative, relative, facts);
    });
    if (walked) return {};
    Error error = walked.error();
    error.where = item.pos;
    if (error.kind == ErrorKind::build) error.kind = ErrorKind::usage;
    return error;
}

Result<void> walk_items(std::span<const FileItem> items, CanonicalKey& key, const Describe& describe) {
    std::size_t number = 0;
    for (const FileItem& item : items) {
        const std::string prefix = std::to_string(number++) + ":";
        if (item.text)
            key.add(prefix, std::string_view(*item.text));
        else if (auto walked = walk_item(item, prefix, describe); !walked)
            return walked;
    }
    return {};
}

constexpr std::int64_t nanoseconds = 1'000'000'000;
// File systems stamp changes with the kernel's tick, which is 10 ms at most.
constexpr std::int64_t too_fresh = 20'000'000;

std::int64_t in_nanoseconds(const timespec& time) { return time.tv_sec * nanoseconds + time.tv_nsec; }

}  // namespace

Result<Digest> digest_files(std::span<const FileItem> items) {
    CanonicalKey key;
    auto walked = walk_items(items, key,
                             [&](const ContextFiles& files, const std::string& name, const std::string& relative,
                                 const struct stat& facts) { return add_content(key, files, name, relative, facts); });
    if (!walked) return walked.error();
    return key.digest();
}

Result<std::optional<Digest>> sign_files(std::span<const FileItem> items) {
    const timespec now = sys::time_of_day();
    CanonicalKey key;
    bool fresh = false;
    auto walked = walk_items(
        items, key, [&](const ContextFiles&, const std::string& name, const std::string&, const struct stat& facts) {
            const std::int64_t changed = in_nanoseconds(facts.st_ctim);
            fresh = fresh || changed > in_nanoseconds(now) - too_fresh;
            key.add(name, std::vector<std::string>{std::to_string(facts.st_ino), std::to_string(facts.st_size),
                                                   std::to_string(facts.st_mode), std::to_string(changed)});
            return Result<void>();
        });
    if (!walked) return walked.error();
    return fresh ? std::optional<Digest>() : std::optional(key.digest());
}

}  // namespace tmplbuild
