// SPDX-License-Identifier: Apache-2.0
// Follows one started tool to its end: its streams, its time limit, the stop, and its resource use. Runs one event loop
// in the caller's thread. Used by SystemProcessRunner. Starts no second tool.
#pragma once

#include <filesystem>
#include <stop_token>

#include "io/process.hpp"

namespace tmplbuild::io {

// Does what ProcessRunner::run promises; `program` is the full path of command.argv[0].
Result<ProcessResult> run_tool(const Command& command, const std::filesystem::path& program,
                               const std::stop_token& stop);

}  // namespace tmplbuild::io
