// SPDX-License-Identifier: Apache-2.0
// Text of tools, images and templates made safe to show: no control bytes, no escape sequences, always UTF-8; and how
// wide it is. All that the builder prints goes through here, by cli/output.hpp and cli/progress.hpp, and so does what
// tmpl-ctl shows: it would else move the cursor, set colours, feign lines or break a line of JSON.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tmplbuild {

// What a terminal would show of the line: of a progress bar that overwrites itself ("\r"), what it wrote last. Bytes
// that are no UTF-8 become U+FFFD.
std::string printable(std::string_view line);

// A value of somebody else's making (a name, a message, a history) with all of it shown and none of it obeyed:
// controls, newlines included, stand there as "\x1b" or "\n", bytes that are no UTF-8 as "\xff", marks that turn the
// direction of writing as "\u202e".
std::string visible(std::string_view text);
// A JSON text of ours: what is left raw in it by the grammar (RFC 8259) and is no printable character is escaped, and
// bytes that are no UTF-8 become U+FFFD.
std::string visible_json(std::string_view text);

// Columns on a terminal: East Asian and emoji characters take two. `text` as printable() gives it.
std::size_t columns(std::string_view text);
// The longest beginning that fits, never half a character.
std::string clipped(std::string_view text, std::size_t width);

}  // namespace tmplbuild
