// SPDX-License-Identifier: Apache-2.0
// The process of the downloads: takes commands as JSON lines on one descriptor and tells its whole state on another,
// when it changes, at most twice a second; docs/console.md, "Downloads", has the lines. Owns the queue's record, the
// partial files and the keys on the volume, and runs the transfers. It alone waits for the volume and the internet.
#pragma once

#include <functional>
#include <string>

#include "download/keys.hpp"
#include "download/transfer.hpp"

namespace tmplbuild::download {

struct WorkerSettings {
    TransferSettings transfer{};
    std::function<std::string(const char* name)> variable{};  // of the environment, for the keys
};

// Runs until `input` ends; returns the exit code.
int run_worker(const WorkerSettings& settings, int input, int output);

}  // namespace tmplbuild::download
