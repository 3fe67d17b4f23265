// SPDX-License-Identifier: Apache-2.0
// A plan's steps, side by side as far as they need each other and this machine allows. Used by build.cpp. What is in
// the store is taken from there; throwaway steps are made only for a step that is not.
#pragma once

#include "build/run_step.hpp"
#include "plan/plan.hpp"

namespace tmplbuild {

struct BuiltStep {
    std::string id;
    Digest key;
    bool hit = false;
    double seconds = 0;  // what building it took, now or then
    StepOutput output;
    bool in_image = true;
};

// In the plan's order, without throwaways that nobody needed. The first failure stops the rest. Throws BuildError.
// `machine` makes the sandbox, and is called only if some step has to be built.
std::vector<BuiltStep> run_plan(const Plan& plan, StepEnvironment environment,
                                const std::function<Result<std::unique_ptr<Sandbox>>()>& machine);

}  // namespace tmplbuild
