// SPDX-License-Identifier: Apache-2.0
// `run --gpu`: puts a stand-in for NVIDIA's driver into the container, so that a person without a GPU can watch which
// variant a pod chooses, compiles and switches on. It answers questions about GPUs and computes nothing. Used by the
// command run.
#pragma once

#include "engine/build.hpp"

namespace tmplbuild::cli {

// `gpus`: products or capabilities, as in targets.gpus. Every line that the run prints then says that it is simulated.
void simulate_gpus(const std::vector<std::string>& gpus, LocalRun& run);

}  // namespace tmplbuild::cli
