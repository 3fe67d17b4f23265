// SPDX-License-Identifier: Apache-2.0
// What an image stands on, according to the template: one of three kinds of base, and further repositories of Debian
// packages. Read from [base] and [[repositories]]. Plain values that never touch the disk.
#pragma once

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/reference.hpp"

namespace tmplbuild {

// [base]: exactly one of the three.
struct DebianBase {
    std::string suite;                  // "bookworm"
    std::vector<std::string> packages;  // beyond the minimal system; recipes' packages are merged in, sorted, unique
    static constexpr bool is_on_hosts = false;
    std::vector<std::string> sources;  // the image's own sources.list lines; empty: the example that apt ships
};
struct ImageBase {
    Reference reference;
    bool is_on_hosts = false;  // what the pods' hosts have of it needs no pull
};
struct LayoutBase {
    std::filesystem::path path;  // absolute, after resolving against the template's folder
    std::string tag;             // may be empty: the layout's only image
    bool is_on_hosts = false;
};
using Base = std::variant<DebianBase, ImageBase, LayoutBase>;

// A repository of Debian packages besides the base's own; base and apt steps may take packages from it too.
struct Repository {
    std::string name, uri, suite;         // `suite` may be a path that ends with '/'; then there are no components
    std::vector<std::string> components;  // "main"
    std::filesystem::path directory;      // absolute: `key` counts from it and must stay inside
    std::string key;                      // file of the OpenPGP key with which its lists are signed
    SourcePos pos;
};

}  // namespace tmplbuild
