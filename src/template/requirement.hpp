// SPDX-License-Identifier: Apache-2.0
// One Python requirement as people write it: PEP 508 ("name[extra]>=1 ; marker", "name @ URL"), pip's bare addresses
// and paths, `-e` before and `--hash` after them (pip, "Requirements File Format"). Used for requirements in a template
// and, line by line, in requirements files. Pure text: never reads a file, never asks an index.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild {

struct RequirementHash {
    std::string algorithm;  // "sha256", "sha384", "sha512"
    std::string hex;        // lower case, as many digits as the algorithm has
    bool operator==(const RequirementHash&) const = default;
};

enum class AddressKind {
    none,  // by name, from an index
    web,   // http or https: a wheel or an sdist
    git,   // git+https, git+http, git+ssh, git+file
    path,  // a file or a folder of sources: file://, "./x.whl", "/x.whl", "folder/x.whl", "./folder", "."
};

struct Requirement {
    std::string name;      // as written; empty for a bare address
    std::string extras;    // "[a,b]", or empty
    std::string versions;  // ">=1,<2", or empty; always empty with an address
    std::string marker;    // "python_version < '3.12'", or empty
    AddressKind kind = AddressKind::none;
    std::string address;                  // without fragment and `@rev`; of a path: without "file://"
    std::string rev;                      // git: the part after the last '@'; empty: the default branch
    std::string subdirectory;             // from the fragment
    bool editable = false;                // `-e`: of a repository or a folder
    std::vector<RequirementHash> hashes;  // from `--hash` and from the fragment

    std::string project() const;  // the name normalized by PEP 503: "Torch_Vision" → "torch-vision"
    bool is_pinned() const;       // the version is "==1.0" or "===1.0" alone, or there is an address
    // For a path: whether its ending is an archive's; any other path is a folder of sources.
    bool names_archive() const;
    // PEP 508 without hashes; `address`, where given, replaces the requirement's own.
    std::string text(const std::string& address = {}) const;
};

// `line`: one logical line without comment. Errors (usage, no place) never show what could be a password.
Result<Requirement> parse_requirement(std::string_view line);

// The letters, digits, '-', '_' and '.' of a project's name, the first and last a letter or digit (PEP 508).
bool is_project_name(std::string_view text);
// The line without the parts between "://" and an '@' of the same address.
std::string without_user(std::string_view text);

}  // namespace tmplbuild
