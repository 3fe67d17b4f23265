// SPDX-License-Identifier: Apache-2.0
// Splits a requirements file into lines, and a line of options into words (pip, "Requirements File Format"). Used by
// requirements_text.cpp, which knows what the options mean. Pure text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tmplbuild {

struct RequirementsLine {
    std::string text;
    unsigned number = 0;  // the number of its first part
};
// Lines without comments and empty lines. A backslash at the end joins a line with the next one, except in a comment.
std::vector<RequirementsLine> logical_lines(std::string_view text);

// Splits a line into words as a shell does, as far as options need it: with quotes of both kinds.
std::vector<std::string> words_of(std::string_view text);
// The option in a word: "--find-links" of "--find-links=x", "-f" of "-fx".
std::string option_of(const std::string& word);
// The long form of an option: "--requirement" for "-r".
std::string long_name(const std::string& option);
// Why an option cannot be obeyed, as a hint.
std::string refused_option(const std::string& option);

}  // namespace tmplbuild
