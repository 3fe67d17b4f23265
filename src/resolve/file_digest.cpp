// SPDX-License-Identifier: Apache-2.0
#include "resolve/file_digest.hpp"

#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <functional>

#include "base/canonical_key.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

bool is_excluded(const std::vector<std::string>& patterns, const std::string& relative) {
    const std::string name = relative.substr(relative.rfind('/') + 1);
    return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
        const std::string& subject = pattern.find('/') == std::string::npos ? name : relative;
        return ::fnmatch(pattern.c_str(), subject.c_str(), 0) == 0;
    });
}

namespace {

// What is written down of one path: what it holds, or what stat(2) says of it.
using Describe = std::function<Result<void>(const std::string& name, const fs::path& path, const struct stat& facts)>;

Result<void> walk(const FileItem& item, const fs::path& path, const std::string& relative, const std::string& prefix,
                  const Describe& describe) {
    struct stat facts {};
    if (::lstat(path.c_str(), &facts) != 0) return os_error("read", path, errno);
    if (auto described = describe(prefix + relative, path, facts); !described) return described;
    if (!S_ISDIR(facts.st_mode)) return {};
    std::vector<std::string> names;
    std::error_code failed;
    for (fs::directory_iterator at(path, failed), end; at != end; at.increment(failed))
        names.push_back(at->path().filename());
    if (failed) return os_error("read the folder", path, failed.value());
    std::sort(names.begin(), names.end());
    for (const std::string& below : names) {
        const std::string next = relative.empty() ? below : relative + "/" + below;
        if (is_excluded(item.exclude, next)) continue;
        if (auto walked = walk(item, path / below, next, prefix, describe); !walked) return walked;
    }
    return {};
}

Result<void> add_content(CanonicalKey& key, const std::string& name, const fs::path& path, const struct stat& facts) {
    if (S_ISLNK(facts.st_mode)) {
        std::error_code failed;
        key.add(name, std::vector<std::string>{"link", fs::read_symlink(path, failed)});
        return {};
    }
    if (S_ISREG(facts.st_mode)) {
        auto digest = sys::hash_file(path);
        if (!digest) return digest.error();
        key.add(name, std::vector<std::string>{(facts.st_mode & 0111) != 0 ? "program" : "file", digest->hex()});
        return {};
    }
    if (!S_ISDIR(facts.st_mode)) {
        key.add(name, "special");  // the packer refuses it, with its name
        return {};
    }
    key.add(name, "folder");
    return {};
}

Result<void> walk_layer(const FilesLayer& layer, CanonicalKey& key, const Describe& describe) {
    std::size_t number = 0;
    for (const FileItem& item : layer.items) {
        const std::string prefix = std::to_string(number++) + ":";
        if (item.text) {
            key.add(prefix, std::string_view(*item.text));
        } else if (auto walked = walk(item, item.source, "", prefix, describe); !walked) {
            Error error = walked.error();
            error.where = item.pos;
            if (error.kind == ErrorKind::build) error.kind = ErrorKind::usage;
            std::error_code failed;
            if (fs::symlink_status(item.source, failed).type() == fs::file_type::not_found) {
                error.message = "there is no file or folder " + item.source.string();
                error.hint = "a relative name begins at the folder of the file that it is written in";
            }
            return error;
        }
    }
    return {};
}

constexpr std::int64_t nanoseconds = 1'000'000'000;
// File systems stamp changes with the kernel's tick, which is 10 ms at most.
constexpr std::int64_t too_fresh = 20'000'000;

std::int64_t in_nanoseconds(const timespec& time) { return time.tv_sec * nanoseconds + time.tv_nsec; }

}  // namespace

Result<Digest> digest_files(const FilesLayer& layer) {
    CanonicalKey key;
    auto walked = walk_layer(layer, key, [&](const std::string& name, const fs::path& path, const struct stat& facts) {
        return add_content(key, name, path, facts);
    });
    if (!walked) return walked.error();
    return key.digest();
}

Result<std::optional<Digest>> sign_files(const FilesLayer& layer) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    CanonicalKey key;
    bool fresh = false;
    auto walked = walk_layer(layer, key, [&](const std::string& name, const fs::path&, const struct stat& facts) {
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
