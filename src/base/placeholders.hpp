// SPDX-License-Identifier: Apache-2.0
// Words in braces that are filled in: {port} in a service's command, {arch} in a kernel's. Who checks a text and who
// fills it in ask the same reader: "{{word}}" stands for "{word}" itself, "${word}" is left alone (a shell's), and
// braces around anything that is no lower-case word are plain text, so that JSON and shell need no escaping. Knows no
// word.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tmplbuild {

// A piece of a text: what stands in it as it is, or a word to be filled in, without its braces.
struct TextPiece {
    std::string text;
    bool is_word = false;
};
std::vector<TextPiece> pieces_of(std::string_view text);

// The words of a text that are to be filled in, known or not.
std::vector<std::string> placeholder_words(std::string_view text);

}  // namespace tmplbuild
