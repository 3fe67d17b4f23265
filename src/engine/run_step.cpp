// SPDX-License-Identifier: Apache-2.0
#include "engine/run_step.hpp"

#include <chrono>
#include <set>

#include "base/text.hpp"
#include "engine/shared_cache.hpp"
#include "engine/step_inputs.hpp"
#include "engine/step_lock.hpp"
#include "engine/steps/steps.hpp"
#include "registry/pull.hpp"
#include "store/clean_up.hpp"

namespace tmplbuild {

static Result<StepOutput> dispatch(const Step& step, StepContext& context) {
    return std::visit([&](const auto& spec) { return build_step(spec, context); }, step.spec);
}

std::optional<StepResult> find_step(const Step& step, const StepEnvironment& environment) {
    const Digest key = step.key->digest();
    const auto result_of = [&](const Record& record, const std::string& cache, std::set<std::string> signers) {
        StepResult out{{record.layers, record.facts, record.peak_memory},
                       true,
                       record.seconds,
                       cache,
                       record.basis,
                       std::move(signers)};
        // Its key does not hold its name, which may have changed since, and which the image's history shows.
        for (BuiltLayer& layer : out.output.layers)
            if (layer.comment == record.step) layer.comment = step.id;
        return out;
    };
    const auto record = environment.store.find_record(key);
    if (record && (environment.cache == nullptr || environment.cache->is_trusted(*record))) {
        mark_used(environment.store, key);
        return result_of(*record, record->from.cache, record->signers);
    }
    if (environment.cache == nullptr) return std::nullopt;
    const cache::FoundRecord found = environment.cache->find(key, environment.stop);
    if (!found) return std::nullopt;
    return result_of(found->record(), found->cache_name(), {found->signed_by});
}

std::optional<Digest> basis_of(const Step& step,
                               const std::function<const StepOutput&(const std::string& id)>& output_of) {
    CanonicalKey basis;
    bool is_empty = true;
    if (step.kind().is_change)
        for (const std::string& id : step.needs)
            for (const BuiltLayer& layer : output_of(id).layers) basis.add("below", layer.diff_id), is_empty = false;
    if (std::holds_alternative<PodSpecStep>(step.spec))
        for (const std::string& id : std::set(step.needs.begin(), step.needs.end()))
            for (const char* fact : {"proof", "files", "torch"})
                if (const json::value* value = output_of(id).facts.if_contains(fact))
                    basis.add(id + "/" + fact, std::string_view(json::canonical(*value))), is_empty = false;
    return is_empty ? std::nullopt : std::optional(basis.digest());
}

Result<StepResult> make_step(const Step& step, const StepEnvironment& environment, const StepInputs& inputs) {
    Progress& progress = environment.progress;
    progress.started(step.id, step.summary);
    // Where two builds share a store, only one of them spends minutes on a compile.
    std::optional<StepLock> lock;
    if (step.kind().is_compile) {
        auto held = StepLock::acquire(environment.store, step.key->digest(), environment.stop, [&] {
            progress.doing(step.id, "another build compiles it: its result is waited for");
        });
        if (held) lock.emplace(std::move(*held));
        if (!held) {
            progress.finished(step.id, StepOutcome::stopped, 0, step.summary);
            return held.error();
        }
        if (auto made = find_step(step, environment)) {
            progress.finished(step.id, StepOutcome::hit, made->seconds, step.summary);
            return std::move(*made);
        }
    }
    const auto begin = std::chrono::steady_clock::now();
    StepContext context{.step = step.id,
                        .key = step.key->digest(),
                        .store = environment.store,
                        .processes = environment.processes,
                        .http = environment.http,
                        .progress = progress,
                        .stop = environment.stop,
                        .compression = environment.compression,
                        .contract = environment.contract.with_interpreter(step.interpreter),
                        .sandbox = environment.sandbox,
                        .below = inputs.below,
                        .needed = inputs.needed,
                        .nvcc_front = environment.nvcc_front,
                        .secrets = environment.secrets,
                        .jobs = inputs.jobs,
                        .tell_out_of_memory = inputs.tell_out_of_memory,
                        .registries = environment.registries};
    auto fetched = fetch_inputs(step, context);
    Result<StepOutput> output = fetched ? dispatch(step, context) : Result<StepOutput>(fetched.error());
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (output && environment.stop.stop_requested())
        output = Error{.kind = ErrorKind::interrupted, .message = "stopped"};
    if (!output) {
        // What a cache has lost is made first, and then this step again.
        const bool stopped = output.error().kind == ErrorKind::interrupted || registry::is_lost_blob(output.error());
        progress.finished(step.id, stopped ? StepOutcome::stopped : StepOutcome::failed, seconds, step.summary);
        Error error = output.error();
        return error.while_doing("building the step " + step.id);
    }
    const Record record{.step = step.id,
                        .key = *step.key,
                        .layers = output->layers,
                        .facts = output->facts,
                        .seconds = seconds,
                        .peak_memory = output->peak_memory,
                        .basis = inputs.basis,
                        .signers = inputs.signers};
    if (auto put = environment.store.put_record(record); !put) return put.error();
    if (environment.cache != nullptr) environment.cache->made(step, record, inputs.needed, environment.stop);
    std::string note = step.summary;
    if (step.kind().is_compile && output->peak_memory != 0) note += ", held " + human_bytes(output->peak_memory);
    progress.finished(step.id, StepOutcome::built, seconds, note);
    return StepResult{std::move(*output), false, seconds, {}, record.basis, record.signers};
}

}  // namespace tmplbuild
