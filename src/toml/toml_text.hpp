// SPDX-License-Identifier: Apache-2.0
// Turns TOML 1.0 text into a Node, by TOML++. Text that would hurt the parser (no UTF-8, NUL, endless nesting, too
// long) is refused first, with its place. Used for every TOML file and for `--set` values. Knows nothing of their keys.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "toml/node.hpp"

namespace tmplbuild::toml_tree {

inline constexpr std::size_t max_toml_bytes = 1 << 20;           // far more than any template written by hand has
inline constexpr std::size_t max_foreign_toml_bytes = 32 << 20;  // of a file that a tool wrote
inline constexpr std::size_t max_toml_depth = 32;                // arrays and inline tables inside each other
inline constexpr std::size_t max_key_parts = 16;                 // of one dotted key

// Refuses bytes that no TOML file may hold, and nesting that no template needs. Lines and columns count from 1, columns
// in code points.
Result<void> check_toml_bytes(std::string_view text, const std::string& file, std::size_t limit = max_toml_bytes);

// Returns a table; the error has the line and column where the text is no longer TOML.
Result<Node> parse_toml(std::string_view text, const std::string& file, std::size_t limit = max_toml_bytes);

// One value in the form of `--set key=value`; every place in it is `where`. A text that is no TOML value is a string.
Node parse_set_value(std::string_view text, const SourcePos& where);

}  // namespace tmplbuild::toml_tree
