// SPDX-License-Identifier: Apache-2.0
// Where the sources of a distribution lie that no index has: a commit of a repository, or a folder of the template's
// context. The lock keeps it as text (`source` of a distribution), from which the same bytes can be found again. Used
// to resolve and to fetch sources. A plain value; never touches a disk or the network.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tmplbuild {

struct SourceTree {
    std::string url, commit;     // a repository's address and 40 hex digits; both empty for a folder
    std::string named{};         // the branch or tag by which the commit was asked for; "HEAD": none was named
    std::string folder{};        // a folder of the context, "." the context itself; empty for a repository
    std::string subdirectory{};  // the project's folder in it; empty: the top
    bool submodules = true;      // laid out by default, as pip does it
    bool lfs_pointers = false;   // the setting of the `git` layer that brings the same commit
    bool operator==(const SourceTree&) const = default;

    bool is_commit() const { return folder.empty(); }
    // "git+https://host/x@COMMIT#rev=main&subdirectory=python", without a user except for ssh; or "python/".
    std::string to_string() const;
    // None for the place of a file: an address of http(s), or a path without a '/' at its end. The text is foreign: one
    // that could lead out of the context or be taken for an option gives none too.
    static std::optional<SourceTree> parse(std::string_view source);
    // The version for backends that read git's tags, since no tree has tags (setuptools-scm, hatch-vcs, pdm): the tag's
    // own version where a tag named the commit, else 0.0 with the commit's first digits.
    std::string scm_version() const;
    // For messages: "https://host/x at 0123456789ab", "./python".
    std::string shown() const;
};

}  // namespace tmplbuild
