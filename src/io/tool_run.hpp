// SPDX-License-Identifier: Apache-2.0
// Follows one started tool to its end: its streams, its time limit, the stop, and what it took. One event loop in the
// caller's thread. Used by SystemProcessRunner alone; never used twice.
#pragma once

#include <filesystem>
#include <stop_token>

#include "io/process.hpp"

namespace tmplbuild::io {

// As ProcessRunner::run has it; `program` is the full path of command.argv[0].
Result<ProcessResult> run_tool(const Command& command, const std::filesystem::path& program,
                               const std::stop_token& stop);

}  // namespace tmplbuild::io
