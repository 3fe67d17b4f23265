// SPDX-License-Identifier: Apache-2.0
// Makes text of tools, images and templates safe to show (no control bytes, no escape sequences, always UTF-8) and
// measures its width. All that the builder prints and all that tmpl-ctl shows passes through here, since such text
// could move the cursor, set colours, imitate lines of ours or break a line of JSON. Prints nothing itself.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tmplbuild {

// The line as a terminal would show it: of a progress bar that overwrites itself ("\r"), the last state. Bytes that are
// not UTF-8 become U+FFFD.
std::string printable(std::string_view line);

// A value that somebody else wrote (a name, a message, a history), shown whole and without effect: controls, newlines
// included, become "\x1b" or "
// ", bytes that are not UTF-8 become "\xff", marks that turn the direction of writing become "\u202e".
std::string visible(std::string_view text);
// A JSON text that we wrote: characters that JSON's grammar (RFC 8259) lets stand but that are not printable are
// escaped, and bytes that are not UTF-8 become U+FFFD.
std::string visible_json(std::string_view text);

// The columns that `text` takes on a terminal; East Asian and emoji characters take two. `text` comes from printable().
std::size_t columns(std::string_view text);
// The longest beginning of `text` that fits into `width` columns; it never ends within a character.
std::string clipped(std::string_view text, std::size_t width);

}  // namespace tmplbuild
