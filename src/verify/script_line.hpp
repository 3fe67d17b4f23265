// SPDX-License-Identifier: Apache-2.0
// The first line of a script as Linux reads it (execve(2), "Interpreter scripts"): who runs it. Used by the service
// check. Pure text: looks for no file.
#pragma once

#include <string>
#include <string_view>

namespace tmplbuild {

struct ScriptLine {
    std::string interpreter;  // as written; empty: the line names none
    std::string argument;     // all that follows it, one argument; empty: none
    // What env(1) is told to start, by name or path; empty: `interpreter` is not env, or that cannot be told.
    std::string env_program;
};

// `line`: with "#!" and without its newline.
ScriptLine parse_script_line(std::string_view line);

}  // namespace tmplbuild
