// SPDX-License-Identifier: Apache-2.0
// TOML 1.0 text → Node, through TOML++. Text that would hurt the parser (no UTF-8, NUL, endless nesting, too long) is
// refused first, with its place. Used for templates, recipes and `--set` values; knows nothing of their keys.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "template/node.hpp"

namespace tmplbuild::toml_tree {

inline constexpr std::size_t max_toml_bytes = 1 << 20;           // far above any template written by hand
inline constexpr std::size_t max_foreign_toml_bytes = 32 << 20;  // of a file that a tool wrote
inline constexpr std::size_t max_toml_depth = 32;                // arrays and inline tables inside each other
inline constexpr std::size_t max_key_parts = 16;                 // of one dotted key

// Refuses bytes that no TOML file may hold, and nesting that no template needs. Lines and columns count from 1,
// columns in code points.
Result<void> check_toml_bytes(std::string_view text, const std::string& file, std::size_t limit = max_toml_bytes);

// A table; the error has the line and column where the text stops being TOML.
Result<Node> parse_toml(std::string_view text, const std::string& file, std::size_t limit = max_toml_bytes);

// One value as `--set key=value` takes it; every position in it is `where`. A text that is no TOML value is a string.
Node parse_set_value(std::string_view text, const SourcePos& where);

}  // namespace tmplbuild::toml_tree
