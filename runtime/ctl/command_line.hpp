// SPDX-License-Identifier: Apache-2.0
// tmpl-ctl's words, read: what is asked of the launcher, and how the answer is shown. Used by main alone.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "control/request.hpp"

namespace tmplbuild::ctl {

struct CommandLine {
    control::Request request{};
    bool json = false;  // the status as the launcher sends it
};

// The words after the program's name. An error names the word that is wrong and what is there instead.
Result<CommandLine> read_command_line(const std::vector<std::string>& words);
const char* usage();  // several lines

}  // namespace tmplbuild::ctl
