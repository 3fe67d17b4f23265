// SPDX-License-Identifier: Apache-2.0
// Where the sources of a distribution lie that no index has: a commit of a repository, or a folder of the template's
// context. The lock keeps it as text (`source` of a distribution); who reads it back finds the same bytes or none. A
// plain value; never touches a disk or the network.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tmplbuild {

struct SourceTree {
    std::string url, commit;     // a repository's address and 40 hex digits; both empty for a folder
    std::string named{};         // how the commit was asked for where it was by a branch or a tag; "HEAD": by nothing
    std::string folder{};        // a folder of the context, "." the context itself; empty for a repository
    std::string subdirectory{};  // where the project lies in it; empty: at its top
    bool submodules = true;      // as pip fetches them
    bool lfs_pointers = false;   // as the `git` layer has it that brings the same commit
    bool operator==(const SourceTree&) const = default;

    bool is_commit() const { return folder.empty(); }
    // "git+https://host/x@COMMIT#rev=main&subdirectory=python", without a user but that of ssh; "python/".
    std::string to_string() const;
    // None for the place of a file: an address of http(s), a path without a '/' at its end. Foreign text: whatever
    // could lead out of the context or be taken for an option is none, too.
    static std::optional<SourceTree> parse(std::string_view source);
    // What backends that read git's tags are told, since no tree has them (setuptools-scm, hatch-vcs, pdm): the tag's
    // own version where the commit was named by one, else 0.0 with the commit's first digits.
    std::string scm_version() const;
    // For messages: "https://host/x at 0123456789ab", "./python".
    std::string shown() const;
};

}  // namespace tmplbuild
