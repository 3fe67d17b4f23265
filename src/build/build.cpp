// SPDX-License-Identifier: Apache-2.0
#include "build/build.hpp"

#include "build/outputs.hpp"
#include "build/run_step.hpp"

namespace tmplbuild {

static std::vector<BuiltStep> build_steps(const Plan& plan, const StepEnvironment& environment) {
    std::vector<BuiltStep> built;
    for (const Step& step : plan.steps) {
        StepResult result = run_step(step, environment).value();
        built.push_back({step.id, step.key->digest(), result.hit, result.seconds, std::move(result.output.layers)});
    }
    return built;
}

static oci::Image assemble(const Plan& plan, const std::vector<BuiltStep>& steps, const Store& store) {
    oci::ImageSpec spec{{},
                        plan.image.environment,
                        plan.image.labels,
                        plan.image.annotations,
                        plan.image.entrypoint,
                        plan.image.directory,
                        plan.image.exposed_ports};
    for (const BuiltStep& step : steps) spec.layers.insert(spec.layers.end(), step.layers.begin(), step.layers.end());
    return oci::assemble_image(store, spec).value();
}

BuildReport build_image(const BuildRequest& request, const Store& store, io::ProcessRunner& processes,
                        Progress& progress, std::stop_token stop) {
    check_outputs(request.outputs);
    store.sweep_temp();

    // 1. The template: all its errors at once, and nothing else read.
    const Template tmpl = parse_template_file(request.template_file, request.parse);
    refuse_unbuildable(tmpl);

    // 2. Names become facts: packages, the base's contract, digests of local files. The lock is whole after this.
    const Prepared prepared = prepare(tmpl, {.launcher = request.launcher}, store, processes, progress, stop);

    // 3. The plan: every step has its key now.
    const Plan plan = make_plan(tmpl, prepared.lock, prepared.facts);

    // 4. Each step from the store, or built.
    const Compression compression =
        plan.image.compression == CompressionKind::gzip ? Compression::gzip : Compression::zstd;
    BuildReport report;
    report.steps = build_steps(plan, {store, processes, progress, stop, compression, prepared.lock.base->contract});

    // 5. The image: documents over finished layers.
    report.image = assemble(plan, report.steps, store);

    // 6. Outputs appear by rename, or not at all.
    report.outputs = request.outputs;
    if (report.outputs.empty())
        report.outputs.push_back({oci::ImageName::Kind::layout, std::filesystem::path("out") / plan.name, "", ""});
    write_outputs(store, report.image, plan.name, report.outputs, progress, stop);
    return report;
}

}  // namespace tmplbuild
