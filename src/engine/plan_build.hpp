// SPDX-License-Identifier: Apache-2.0
// The stages of a build up to its steps: facts and lock, the plan, and what runs it. Used by build.cpp, for an image
// and for some of its steps alone. Throws BuildError.
#pragma once

#include "engine/build.hpp"

namespace tmplbuild {

struct PlannedBuild {
    Plan plan;
    BaseContract contract;  // of its base
};

// Names are resolved to facts (packages, the base's contract, digests of local files), which completes the lock, and
// every step gets its key. `only`: the plan is cut down to these steps and what they need; empty: it is whole.
PlannedBuild plan_build(const Template& tmpl, const BuildRequest& request, const std::vector<std::string>& only,
                        const ResolveContext& context);

// Takes the plan's steps from the store and builds them. A sandbox is made when the first one has to be built.
EngineSteps engine_steps(const PlannedBuild& planned, const BuildRequest& request, const ResolveContext& context);

}  // namespace tmplbuild
