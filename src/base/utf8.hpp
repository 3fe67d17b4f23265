// SPDX-License-Identifier: Apache-2.0
// UTF-8 (RFC 3629), read strictly: the shortest form only, no surrogates, nothing above U+10FFFF. Used wherever text
// that others wrote enters a document or a terminal. Knows nothing of widths, classes or normal forms.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tmplbuild {

inline constexpr std::string_view replacement_character = "\xef\xbf\xbd";  // U+FFFD

struct Utf8Character {
    char32_t code = 0xfffd;
    std::size_t size = 1;  // bytes; 1 where it is not valid, so that a reader goes on with the next byte
    bool valid = false;
};

// The character at the front of `text`, which is not empty.
Utf8Character first_character(std::string_view text);
bool is_utf8(std::string_view text);
// The same text with U+FFFD in place of each byte that is part of no character.
std::string valid_utf8(std::string text);
// How many bytes at the end of `text` begin a character that is not complete: 0..3.
std::size_t unfinished_bytes(std::string_view text);

}  // namespace tmplbuild
