// SPDX-License-Identifier: Apache-2.0
#include "verify/script_line.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tmplbuild {

namespace {

constexpr std::string_view blanks = " \t";

// Linux passes all that follows the interpreter as one argument; only with -S does env split it.
std::string told_to_env(const std::string& argument) {
    if (!argument.starts_with('-')) return argument.find('=') == std::string::npos ? argument : "";
    std::string words;
    for (const std::string_view option : {"-S", "--split-string="})
        if (argument.starts_with(option)) words = argument.substr(option.size());
    std::replace(words.begin(), words.end(), '\t', ' ');
    for (const std::string& word : split(words, ' ')) {
        if (word.empty()) continue;
        // With another option, another PATH or a quoted word, the program cannot be told with certainty.
        if (word[0] == '-' || word.starts_with("PATH=") || word.find_first_of("'\"\\$") != std::string::npos) return {};
        if (word.find('=') == std::string::npos) return word;
    }
    return {};
}

}  // namespace

ScriptLine parse_script_line(std::string_view line) {
    ScriptLine out;
    line.remove_prefix(std::min<std::size_t>(line.size(), 2));
    const std::size_t begin = line.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return out;
    line.remove_prefix(begin);
    const std::size_t end = line.find_first_of(blanks);
    out.interpreter = line.substr(0, end);
    if (end == std::string_view::npos) return out;
    const std::size_t rest = line.find_first_not_of(blanks, end);
    if (rest == std::string_view::npos) return out;
    line.remove_prefix(rest);
    out.argument = line.substr(0, line.find_last_not_of(blanks) + 1);
    if (out.interpreter.substr(out.interpreter.rfind('/') + 1) == "env") out.env_program = told_to_env(out.argument);
    return out;
}

}  // namespace tmplbuild
