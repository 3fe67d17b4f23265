// SPDX-License-Identifier: Apache-2.0
// The console's workers: what touches the volume runs as a process of its own, with a deadline, since a frozen volume
// holds whoever touches it. main.cpp runs them for `--worker NAME`; worker_question() asks for one.
#pragma once

#include <string>
#include <string_view>

#include "console/pod/asked_child.hpp"

namespace tmplbuild::console {

// NAME is "volume" (its state), "password" (the kept one, or a new one), "read-tokens" or "change-tokens" (a
// TokenChange on stdin). Runs one to its end; its answer goes to stdout. Returns the exit code, 2 for a name that is
// none.
int run_worker(std::string_view name, const std::string& volume);

// The variables that workers and probes get: without passwords, which they do not need, and without LD_*, since a
// program with a loader of its own takes no other one's libraries.
std::vector<std::string> worker_environment(const char* const* environment);
// The same without whatever is a secret by its name: for workers whose answers hold what a file on the volume names.
std::vector<std::string> without_secrets(std::vector<std::string> environment);

// `program` is this program's own file.
ChildQuestion worker_question(const std::string& program, std::string_view name,
                              const std::vector<std::string>& environment);

}  // namespace tmplbuild::console
