// SPDX-License-Identifier: Apache-2.0
// What known layers may assume about the folders of the base: which are symlinks, and which are not 0755 root:root.
// Part of the base contract (resolve/) and of every known layer's key; EntrySet resolves destinations through it.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace tmplbuild {

struct FolderFacts {
    // All paths are without a leading slash, and targets are resolved fully: "bin" → "usr/bin", "var/run" → "run".
    std::map<std::string, std::string> symlinks;
    struct Folder {
        std::uint32_t mode = 0755, uid = 0, gid = 0;
        bool operator==(const Folder&) const = default;
    };
    std::map<std::string, Folder> folders;  // "tmp" → 01777, "root" → 0700, …
    bool operator==(const FolderFacts&) const = default;

    // "bin/x" → "usr/bin/x": looks up one component after the other.
    std::string resolve(const std::string& path) const;
};

}  // namespace tmplbuild
