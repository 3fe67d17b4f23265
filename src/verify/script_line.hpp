// SPDX-License-Identifier: Apache-2.0
// The first line of a script as Linux reads it (execve(2), "Interpreter scripts"): the interpreter and its argument.
// Used by the service check. Pure text: looks for no file.
#pragma once

#include <string>
#include <string_view>

namespace tmplbuild {

struct ScriptLine {
    std::string interpreter;  // as written; empty: the line names none
    std::string argument;     // everything after it, as one argument; empty: none
    // The program that env(1) starts, by name or path; empty: `interpreter` is not env, or the program cannot be told.
    std::string env_program;
};

// `line` begins with "#!" and has no newline.
ScriptLine parse_script_line(std::string_view line);

}  // namespace tmplbuild
