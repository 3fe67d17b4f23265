// SPDX-License-Identifier: Apache-2.0
// What an image stands on, as the template says it: one of three kinds of base, and where Debian packages may come from
// besides. Read from [base] and [[repositories]]. Plain values, which touch no disk.
#pragma once

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild {

// [base]: exactly one of the three.
struct DebianBase {
    std::string suite;                  // "bookworm"
    std::vector<std::string> packages;  // beyond the minimal system; what recipes bring is merged in, sorted, unique
    std::vector<std::string> sources;   // the image's own sources.list lines; empty: the example that apt ships
};
struct ImageBase {
    std::string reference;  // "docker.io/library/debian:12@sha256:…"
};
struct LayoutBase {
    std::filesystem::path path;  // absolute, after resolving against the template's folder
    std::string tag;             // may be empty: the layout's only image
};
using Base = std::variant<DebianBase, ImageBase, LayoutBase>;

// A repository of Debian packages beside the base's own: what base and apt steps may take packages from as well.
struct Repository {
    std::string name, uri, suite;         // `suite` may be a path that ends with '/'; then there are no components
    std::vector<std::string> components;  // "main"
    std::filesystem::path directory;      // absolute: what `key` starts from and must stay inside
    std::string key;                      // file of the OpenPGP key that its lists are signed with
    SourcePos pos;
};

}  // namespace tmplbuild
