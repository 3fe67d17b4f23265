// SPDX-License-Identifier: Apache-2.0
// Carries out what transition() decides: processes, probes, output, signals, timers, in one poll loop that sleeps while
// nothing happens. Used by the launcher's main.cpp. Runs as PID 1 or as a subreaper. Decides nothing itself.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "supervisor/model.hpp"

namespace tmplbuild::launch {

struct EngineOptions {
    std::string spec_file;                // for messages
    std::string spec_problem{};           // why only the compiled-in services run; empty: pod.json is in use
    std::vector<std::string> foreground;  // the arguments given to the container; may be empty
    std::vector<std::string> environment;
};

// Returns the exit code of the pod.
int run_pod(pod::PodSpec spec, const EngineOptions& options);

}  // namespace tmplbuild::launch
