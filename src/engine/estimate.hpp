// SPDX-License-Identifier: Apache-2.0
// What a build will cost before it starts: disk, and the minutes and memory of its steps. Used by `plan`, and by
// `build` to refuse what cannot fit. Reads the store; never the network.
#pragma once

#include "plan/plan.hpp"
#include "store/store.hpp"

namespace tmplbuild {

struct StepEstimate {
    double seconds = 0;
    std::uint64_t memory = 0;  // bytes
    bool measured = false;     // when it was built here, or its siblings were; else declared
};
StepEstimate estimate_step(const Step& step, const Store& store);

// Bytes that the store's disk needs at most beside what is in it: layers that are missing, their inputs, and the
// largest working space of a step. An estimate from above.
std::uint64_t peak_disk(const std::vector<Step>& steps, const Store& store);
// Throws BuildError (build) when the disk of the store has less than peak_disk().
void refuse_what_cannot_fit(const std::vector<Step>& steps, const Store& store);

}  // namespace tmplbuild
