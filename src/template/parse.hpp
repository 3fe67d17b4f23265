// SPDX-License-Identifier: Apache-2.0
// Turns TOML text into a Template. Reports all errors of the file at once, each with line, column, what was expected
// and the nearest valid name. Used by every command that takes a template. Reads the template and its recipes only,
// never the files that layers would copy.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "template/template.hpp"

namespace tmplbuild {

struct ParseOptions {
    std::vector<std::string> set;   // "--set key=value", dotted keys, TOML values or bare strings
    std::filesystem::path recipes;  // the project's layers/ folder
};

// Throws BuildError with every error found.
Template parse_template_file(const std::filesystem::path& file, const ParseOptions& options);
Template parse_template(const std::string& text, const std::filesystem::path& file, const ParseOptions& options);

}  // namespace tmplbuild
