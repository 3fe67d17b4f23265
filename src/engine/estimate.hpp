// SPDX-License-Identifier: Apache-2.0
// What a build will need, estimated before it starts: disk, and the minutes and memory of its steps. Used by `plan`,
// and by builds to refuse what cannot fit. Reads the store; never the network.
#pragma once

#include "plan/plan.hpp"
#include "store/store.hpp"

namespace tmplbuild {

struct StepEstimate {
    double seconds = 0;
    std::uint64_t memory = 0;  // bytes
    bool measured = false;     // from a build on this machine of the step or its siblings; otherwise declared
};
StepEstimate estimate_step(const Step& step, const Store& store);

// The most bytes that the store's disk needs in addition: missing layers, their inputs, and the largest working space
// of a step. The estimate is an upper bound.
std::uint64_t peak_disk(const std::vector<Step>& steps, const Store& store);
// Throws BuildError (build) when the disk of the store has less free space than peak_disk().
void refuse_what_cannot_fit(const std::vector<Step>& steps, const Store& store);

}  // namespace tmplbuild
