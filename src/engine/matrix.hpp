// SPDX-License-Identifier: Apache-2.0
// The kernel variants of a plan that are still to be compiled, as jobs for machines that share a cache (`tmplbuild
// matrix`). Reads the store's records for estimates; makes nothing.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "engine/estimate.hpp"

namespace tmplbuild {

struct MatrixJob {
    std::string kernel, variant;    // "int8-attention", "8.9"
    std::vector<std::string> gpus;  // of the targets, that this variant serves
    std::string step;               // for `build --only`
    Digest key{};
    std::vector<std::string> needs;  // steps that it needs and nobody has made, in the plan's order
    StepEstimate estimate;
};

// In the plan's order. `has` says whether a step's result can be had without making it. Throws BuildError (usage) where
// a kernel's key is not known, since the lock lacks something: machines that each complete it could differ.
std::vector<MatrixJob> matrix_of(const Plan& plan, const Store& store, const std::function<bool(const Step&)>& has);

// {"include": […]}: GitHub's `strategy.matrix` takes it as it is.
json::object matrix_json(const std::vector<MatrixJob>& jobs);

}  // namespace tmplbuild
