// SPDX-License-Identifier: Apache-2.0
#include "resolve/file_digest.hpp"

#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/canonical_key.hpp"
#include "io/file.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

bool is_excluded(const std::vector<std::string>& patterns, const std::string& relative) {
    const std::string name = relative.substr(relative.rfind('/') + 1);
    return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
        const std::string& subject = pattern.find('/') == std::string::npos ? name : relative;
        return ::fnmatch(pattern.c_str(), subject.c_str(), 0) == 0;
    });
}

static Result<void> add_path(CanonicalKey& key, const FileItem& item, const fs::path& path, const std::string& relative,
                             const std::string& prefix) {
    struct stat facts {};
    if (::lstat(path.c_str(), &facts) != 0) return os_error("read", path, errno);
    const std::string name = prefix + relative;
    if (S_ISLNK(facts.st_mode)) {
        std::error_code failed;
        key.add(name, std::vector<std::string>{"link", fs::read_symlink(path, failed)});
        return {};
    }
    if (S_ISREG(facts.st_mode)) {
        auto digest = io::hash_file(path);
        if (!digest) return digest.error();
        key.add(name, std::vector<std::string>{(facts.st_mode & 0111) != 0 ? "program" : "file", digest->hex()});
        return {};
    }
    if (!S_ISDIR(facts.st_mode)) {
        key.add(name, "special");  // the packer refuses it, with its name
        return {};
    }
    key.add(name, "folder");
    std::vector<std::string> names;
    std::error_code failed;
    for (fs::directory_iterator at(path, failed), end; at != end; at.increment(failed))
        names.push_back(at->path().filename());
    if (failed) return os_error("read the folder", path, failed.value());
    std::sort(names.begin(), names.end());
    for (const std::string& below : names) {
        const std::string next = relative.empty() ? below : relative + "/" + below;
        if (is_excluded(item.exclude, next)) continue;
        if (auto added = add_path(key, item, path / below, next, prefix); !added) return added;
    }
    return {};
}

Result<Digest> digest_files(const FilesLayer& layer) {
    CanonicalKey key;
    std::size_t number = 0;
    for (const FileItem& item : layer.items) {
        const std::string prefix = std::to_string(number++) + ":";
        if (item.text) {
            key.add(prefix, std::string_view(*item.text));
        } else if (auto added = add_path(key, item, item.source, "", prefix); !added) {
            Error error = added.error();
            error.where = item.pos;
            if (error.kind == ErrorKind::build) error.kind = ErrorKind::usage;
            return error;
        }
    }
    return key.digest();
}

}  // namespace tmplbuild
