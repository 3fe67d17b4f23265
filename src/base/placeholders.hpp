// SPDX-License-Identifier: Apache-2.0
// Words in braces that are replaced by values: {port} in a service's command, {arch} in a kernel's. The check of a text
// and its replacement use this one reader. "{{word}}" stands for the text "{word}", "${word}" is a shell's and stays as
// it is, and braces around anything that is not a lower-case word are plain text, so that JSON and shell need no
// escaping. Knows no word itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tmplbuild {

// A piece of a text: either plain text, or a word that is to be replaced, without its braces.
struct TextPiece {
    std::string text;
    bool is_word = false;
};
std::vector<TextPiece> pieces_of(std::string_view text);

// The words of a text that are to be replaced, whether or not anybody knows them.
std::vector<std::string> placeholder_words(std::string_view text);

}  // namespace tmplbuild
