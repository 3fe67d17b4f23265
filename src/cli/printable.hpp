// SPDX-License-Identifier: Apache-2.0
// Text of tools made safe to show: no control bytes, no escape sequences, always UTF-8; and how wide it is. Used by the
// progress views, since a tool's output would else move the cursor, set colours or break a line of JSON.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tmplbuild::cli {

// What a terminal would show of the line: of a progress bar that overwrites itself ("\r"), what it wrote last. Bytes
// that are no UTF-8 become U+FFFD.
std::string printable(std::string_view line);

// Columns on a terminal: East Asian and emoji characters take two. `text` as printable() gives it.
std::size_t columns(std::string_view text);
// The longest beginning that fits, never half a character.
std::string clipped(std::string_view text, std::size_t width);

}  // namespace tmplbuild::cli
