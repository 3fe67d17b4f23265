// SPDX-License-Identifier: Apache-2.0
// One step: taken from the store when its key is there, else built by its engine and recorded. Used by build.cpp and
// prepare.cpp. Never decides which steps there are.
#pragma once

#include "build/step_context.hpp"

namespace tmplbuild {

struct StepEnvironment {
    const Store& store;
    io::ProcessRunner& processes;
    Progress& progress;
    std::stop_token stop;
    Compression compression;
    BaseContract contract;
};

struct StepResult {
    StepOutput output;
    bool hit = false;
    double seconds = 0;
};

// The step must have a key.
Result<StepResult> run_step(const Step& step, const StepEnvironment& environment);

}  // namespace tmplbuild
