// SPDX-License-Identifier: Apache-2.0
// Reads tmpl-ctl's arguments: the request for the launcher, and how its answer is shown. Used by main.cpp. Never
// prints.
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

// The arguments after the program's name. An error names the wrong word and the words that fit there.
Result<CommandLine> read_command_line(const std::vector<std::string>& words);
const char* usage();  // several lines

}  // namespace tmplbuild::ctl
