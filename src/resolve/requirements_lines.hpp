// SPDX-License-Identifier: Apache-2.0
// How a requirements file is parted into lines, and a line of options into words (pip, "Requirements File Format").
// Pure text; used by requirements_text.cpp alone, which says what the options mean.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tmplbuild {

struct RequirementsLine {
    std::string text;
    unsigned number = 0;  // of its first part
};
// Without comments and empty lines. Lines that end with a backslash go on; a comment does not.
std::vector<RequirementsLine> logical_lines(std::string_view text);

// Words as a shell parts them, as far as options need it: quotes of both kinds.
std::vector<std::string> words_of(std::string_view text);
// "--find-links" of "--find-links=x", "-f" of "-fx".
std::string option_of(const std::string& word);
// "--requirement" of "-r".
std::string long_name(const std::string& option);
// Why an option cannot be honoured, as a hint.
std::string refused_option(const std::string& option);

}  // namespace tmplbuild
