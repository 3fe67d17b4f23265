// SPDX-License-Identifier: Apache-2.0
// Starts one of the builder's tools by Boost.Process (v2), with hooks of its own in the child. Used by tool_run.cpp. No
// other file knows Boost.Process; docs/decisions/0016-boost-process.md says what is done beside it and why.
#pragma once

#include <sys/types.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild::io {

struct ToolStart {
    std::filesystem::path program;         // its full path
    std::vector<std::string> argv;         // argv[0] as the tool shall see it
    std::vector<std::string> environment;  // "NAME=value", complete
    std::filesystem::path directory;       // empty: this process's
    std::array<int, 3> stdio{};            // descriptors that become its 0, 1 and 2
    bool own_group = true;
};

// The process is a child that the caller waits for. An error (machine) when the program was not executed; then there is
// no process any more. Safe while other threads start tools.
Result<pid_t> start_tool(const ToolStart& tool);

}  // namespace tmplbuild::io
