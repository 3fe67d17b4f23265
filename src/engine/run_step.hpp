// SPDX-License-Identifier: Apache-2.0
// One step: taken from the store when its key is there, else its inputs fetched, built by its engine and recorded. Used
// by run_plan.cpp and prepare.cpp. Never decides which steps there are.
#pragma once

#include "engine/step_context.hpp"

namespace tmplbuild {

struct StepEnvironment {
    const Store& store;
    io::ProcessRunner& processes;
    io::Http& http;
    Progress& progress;
    std::stop_token stop;
    Compression compression;
    BaseContract contract;
    Sandbox* sandbox = nullptr;
    std::map<std::string, std::string> secrets{};
    std::filesystem::path nvcc_front{};
};

struct StepResult {
    StepOutput output;
    bool hit = false;
    double seconds = 0;
};

// What the steps that it needs left, by id and as layers, bottom first.
struct StepInputs {
    std::vector<BuiltLayer> below;
    std::map<std::string, NeededStep> needed;
    unsigned jobs = 1;
    std::function<void()> tell_out_of_memory{};
};

// The step must have a key.
std::optional<StepResult> find_step(const Step& step, const StepEnvironment& environment);
Result<StepResult> make_step(const Step& step, const StepEnvironment& environment, const StepInputs& inputs);

}  // namespace tmplbuild
