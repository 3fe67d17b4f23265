// SPDX-License-Identifier: Apache-2.0
#include "engine/plan_build.hpp"

#include "engine/given_secrets.hpp"
#include "plan/keys.hpp"
#include "plan/narrow.hpp"

namespace tmplbuild {

PlannedBuild plan_build(const Template& tmpl, const BuildRequest& request, const std::vector<std::string>& only,
                        const ResolveContext& context) {
    const PrepareOptions options{.programs = request.programs, .sandbox_init = request.sandbox_init};
    check_secrets(tmpl, request.secrets, options, only, context);
    const Prepared prepared = prepare(tmpl, options, context);
    Plan plan = make_plan(tmpl, prepared.lock, prepared.facts);
    if (!only.empty()) plan = narrowed(plan, only);
    return {std::move(plan), prepared.lock.base->contract};
}

EngineSteps engine_steps(const PlannedBuild& planned, const BuildRequest& request, const ResolveContext& context) {
    const StepEnvironment environment{context.store,      context.processes,
                                      context.http,       context.progress,
                                      context.stop,       planned.plan.image.compression,
                                      planned.contract,   nullptr,
                                      request.secrets,    request.nvcc_front,
                                      context.registries, context.cache};
    return {environment, [&store = context.store, &processes = context.processes, &progress = context.progress,
                          init = request.sandbox_init] {
                if (const auto warning = sandbox_warning(processes)) progress.message("warning: " + *warning);
                return make_sandbox(store, processes, init);
            }};
}

}  // namespace tmplbuild
