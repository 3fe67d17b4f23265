// SPDX-License-Identifier: Apache-2.0
#include "engine/estimate.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "plan/sources.hpp"

namespace tmplbuild {

StepEstimate estimate_step(const Step& step, const Store& store) {
    StepEstimate out{step.estimated_seconds, step.estimated_memory, false};
    if (!step.key) return out;
    auto earlier = store.find_record(step.key->digest());
    if (!earlier) earlier = store.nearest_record(step.id, *step.key);
    if (earlier && earlier->peak_memory != 0) return {earlier->seconds, earlier->peak_memory, true};
    // A step that was never built is estimated by the slowest and the largest of its siblings.
    for (const std::string& id : step.siblings) {
        const auto sibling = store.nearest_record(id, *step.key);
        if (!sibling || sibling->peak_memory == 0) continue;
        out = out.measured ? StepEstimate{std::max(out.seconds, sibling->seconds),
                                          std::max(out.memory, sibling->peak_memory), true}
                           : StepEstimate{sibling->seconds, sibling->peak_memory, true};
    }
    return out;
}

namespace {

// The size of packages and wheels that a step installs and the store lacks.
std::uint64_t missing_inputs(const Step& step, const Store& store) {
    std::uint64_t sum = 0;
    auto count = [&](const auto& list) {
        for (const auto& item : list)
            if (!store.has_blob(item.sha256)) sum += item.size;
    };
    const StepSources sources = sources_of(step);
    if (sources.packages) count(*sources.packages->packages);
    for (const DistributionSources& from : sources.distributions) count(*from.distributions);
    return sum;
}

}  // namespace

std::uint64_t peak_disk(const std::vector<Step>& steps, const Store& store) {
    std::uint64_t kept = 0, work = 0;
    for (const Step& step : steps) {
        if (step.key && store.find_record(step.key->digest())) continue;
        kept += step.estimated_bytes + missing_inputs(step, store);
        work = std::max(work, step.work_bytes);
    }
    return kept + work;
}

void refuse_what_cannot_fit(const std::vector<Step>& steps, const Store& store) {
    const std::uint64_t needed = peak_disk(steps, store);
    const auto free = sys::free_bytes(store.root());
    if (!free || needed <= *free) return;
    throw BuildError(build_error("this build needs about " + human_bytes(needed) + " of disk, and the store at '" +
                                     store.root().string() + "' has " + human_bytes(*free) +
                                     " left: the disk is too full",
                                 "free some space, or set TMPLBUILD_CACHE to a folder on a larger disk"));
}

}  // namespace tmplbuild
