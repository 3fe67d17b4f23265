// SPDX-License-Identifier: Apache-2.0
#include "engine/matrix.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "plan/narrow.hpp"

namespace tmplbuild {

namespace {

// Asks about each step once, since the answer may come from a server.
class KnownSteps {
  public:
    explicit KnownSteps(const std::function<bool(const Step&)>& has) : has_(has) {}
    bool has(const Step& step) {
        const auto [known, is_new] = known_.try_emplace(step.id, false);
        if (is_new) known->second = has_(step);
        return known->second;
    }

  private:
    const std::function<bool(const Step&)>& has_;
    std::map<std::string, bool> known_;
};

const Step& with_key(const Step& step) {
    if (step.key) return step;
    throw BuildError(usage_error("'" + step.id + "' has no key yet: " + step.unresolved,
                                 "run `tmplbuild lock` and commit template.lock, so that all machines make the same"));
}

// What `job` needs and nobody has: steps below one that can be had are not needed.
std::vector<std::string> missing_needs(const Plan& plan, const Step& job, KnownSteps& known) {
    std::set<std::string> missing;
    std::vector<std::string> open = job.needs;
    while (!open.empty()) {
        const Step& step = with_key(*plan.find(open.back()));
        open.pop_back();
        if (missing.contains(step.id) || known.has(step)) continue;
        missing.insert(step.id);
        open.insert(open.end(), step.needs.begin(), step.needs.end());
    }
    std::vector<std::string> out;
    for (const Step& step : plan.steps)
        if (missing.contains(step.id)) out.push_back(step.id);
    return out;
}

}  // namespace

std::vector<MatrixJob> matrix_of(const Plan& plan, const Store& store, const std::function<bool(const Step&)>& has) {
    KnownSteps known(has);
    std::vector<MatrixJob> jobs;
    for (const Step& step : plan.steps) {
        const auto* const spec = std::get_if<KernelSpec>(&step.spec);
        if (spec == nullptr || known.has(with_key(step))) continue;
        MatrixJob job{.kernel = spec->kernel,
                      .variant = spec->arch.to_string(),
                      .gpus = {},
                      .step = step.id,
                      .key = step.key->digest(),
                      .needs = missing_needs(plan, step, known),
                      .estimate = estimate_step(step, store)};
        for (const PlannedGpu& gpu : plan.gpus)
            if (gpu.step == step.id) job.gpus.push_back(gpu.target.label);
        jobs.push_back(std::move(job));
    }
    return jobs;
}

json::object matrix_json(const std::vector<MatrixJob>& jobs) {
    json::array include;
    for (const MatrixJob& job : jobs)
        include.push_back(json::object{{"step", job.step},
                                       {"kernel", job.kernel},
                                       {"variant", job.variant},
                                       {"gpus", json::array(job.gpus.begin(), job.gpus.end())},
                                       {"key", job.key.to_string()},
                                       {"needs", json::array(job.needs.begin(), job.needs.end())},
                                       {"seconds", job.estimate.seconds},
                                       {"memory", job.estimate.memory}});
    return {{"include", std::move(include)}};
}

}  // namespace tmplbuild
