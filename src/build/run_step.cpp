// SPDX-License-Identifier: Apache-2.0
#include "build/run_step.hpp"

#include <chrono>

#include "build/steps/steps.hpp"

namespace tmplbuild {

static Result<StepOutput> dispatch(const Step& step, StepContext& context) {
    if (const auto* base = std::get_if<BaseSpec>(&step.spec)) return build_base(*base, context);
    if (const auto* files = std::get_if<FilesSpec>(&step.spec)) return build_files(*files, context);
    if (const auto* runtime = std::get_if<RuntimeSpec>(&step.spec)) return build_runtime(*runtime, context);
    if (const auto* pod = std::get_if<PodSpecStep>(&step.spec)) return build_pod(*pod, context);
    return usage_error(std::string("steps of the kind '") + step.kind() + "' cannot be built by this release");
}

Result<StepResult> run_step(const Step& step, const StepEnvironment& environment) {
    const Store& store = environment.store;
    Progress& progress = environment.progress;
    const Digest key = step.key->digest();
    if (auto record = store.find_record(key)) {
        progress.finished(step.id, StepOutcome::hit, record->seconds, step.summary);
        return StepResult{{record->layers, record->facts, record->peak_memory}, true, record->seconds};
    }
    progress.started(step.id, step.summary);
    const auto begin = std::chrono::steady_clock::now();
    StepContext context{.step = step.id,
                        .store = store,
                        .processes = environment.processes,
                        .progress = progress,
                        .stop = environment.stop,
                        .compression = environment.compression,
                        .contract = environment.contract};
    auto output = dispatch(step, context);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (output && environment.stop.stop_requested())
        output = Error{.kind = ErrorKind::interrupted, .message = "stopped"};
    if (!output) {
        const bool stopped = output.error().kind == ErrorKind::interrupted;
        progress.finished(step.id, stopped ? StepOutcome::stopped : StepOutcome::failed, seconds, step.summary);
        Error error = output.error();
        return error.while_doing("building the step " + step.id);
    }
    const Record record{step.id, *step.key, output->layers, output->facts, seconds, output->peak_memory};
    if (auto put = store.put_record(record); !put) return put.error();
    progress.finished(step.id, StepOutcome::built, seconds, step.summary);
    return StepResult{std::move(*output), false, seconds};
}

}  // namespace tmplbuild
