// SPDX-License-Identifier: Apache-2.0
#include "engine/build.hpp"

#include "engine/estimate.hpp"
#include "engine/kernel/kernel_table.hpp"
#include "engine/layer_count.hpp"
#include "engine/outputs.hpp"
#include "engine/own_files.hpp"
#include "engine/plan_build.hpp"
#include "engine/pull_limit.hpp"
#include "engine/pushed_steps.hpp"
#include "engine/python/interpreter.hpp"
#include "engine/shared_proof.hpp"
#include "oci/inherited.hpp"

namespace tmplbuild {

static oci::Image assemble(const Plan& plan, const BuildReport& report, const Store& store, Progress& progress) {
    oci::ImageSpec spec{{},
                        plan.image.environment,
                        plan.image.labels,
                        plan.image.annotations,
                        plan.image.entrypoint,
                        plan.image.user,
                        plan.image.directory,
                        plan.image.exposed_ports,
                        {},
                        {}};
    for (const BuiltStep& step : report.steps)
        if (step.in_image) spec.layers.insert(spec.layers.end(), step.output.layers.begin(), step.output.layers.end());
    // What the base's image sets applies where the template sets nothing.
    if (const json::value* base = report.steps.front().output.facts.if_contains("image"); base && base->is_object()) {
        const oci::Inherited inherited = oci::Inherited::from_json(base->get_object()).value();
        for (const std::string& lost : inherited.lost) progress.message("of the base's image is not kept: " + lost);
        oci::lay_under(inherited, spec);
        if (plan.image.user.empty() && !spec.user.empty() && spec.user != "root" && spec.user != "0")
            progress.message("the image starts as the base's user '" + spec.user +
                             "', its services too; user = \"root\" under [image] changes that");
    }
    std::string& path = spec.environment.try_emplace("PATH", default_path).first->second;
    if (!plan.image.environment.contains("PATH")) path = plan.image.path_prefix + path;
    annotate_kernels(plan, report, spec.annotations);
    const std::set<Digest> on_hosts = layers_on_hosts(plan.image, report.steps.front().output.layers);
    refuse_large_pull(plan.image, spec.layers, on_hosts);
    if (!on_hosts.empty()) spec.annotations[oci::on_hosts_annotation] = oci::list_of(on_hosts);
    return oci::assemble_image(store, spec).value();
}

BuildReport build_image(const BuildRequest& request, const ResolveContext& context) {
    const Store& store = context.store;
    Progress& progress = context.progress;
    store.sweep_temp();

    // 1. The template is read: it gives all its errors at once, and no other file is opened.
    Template tmpl = parse_template_file(request.template_file, request.parse);
    std::vector<oci::ImageName> outputs = request.outputs;
    if (outputs.empty()) outputs.push_back({oci::ImageName::Kind::layout, default_output(tmpl), "", ""});
    check_outputs(outputs, request.also_written);
    check_registries(outputs, request.registry.get(), context.stop);
    std::vector<std::filesystem::path> written = request.also_written;
    for (const oci::ImageName& output : outputs)
        if (output.kind != oci::ImageName::Kind::registry) written.push_back(output.path);
    leave_out_own_files(tmpl, store, written, request.secret_files);

    // 2. Names are resolved to facts: packages, the base's contract, digests of local files. The lock is complete then.
    // 3. The plan: every step has its key now.
    const PlannedBuild planned = plan_build(tmpl, request, {}, context);
    const Plan& plan = planned.plan;
    refuse_too_many_layers(plan, store);
    refuse_what_cannot_fit(not_shared(plan.steps, context.cache, context.stop), store);
    refuse_large_pull(plan, store);

    // 4. Each step comes from the store or is built.
    BuildReport report;
    EngineSteps steps = engine_steps(planned, request, context);
    PushedSteps pushed(steps, early_outputs(outputs, context.cache), request.registry.get(), store, progress);
    report.steps = run_plan(plan, pushed, MachineBudget::of_this_machine(), progress, context.stop);

    // 5. The proofs tell what each kernel does on each GPU of the targets.
    report.kernels = proven_rows(plan, report.steps);

    // 6. The image is assembled: its documents are made for the finished layers.
    report.image = assemble(plan, report, store, progress);

    // 7. The packed image is proven: no link is lost, services can start, kernels have their device code and what they
    // need.
    report.proof_cache =
        prove_shared_image(report.image, report.steps.front().output.layers.size(), store, context.cache, context.stop);
    // A cache that takes nothing is no fault of the image.
    if (context.cache != nullptr) (void)context.cache->share(plan, context.stop);
    if (context.stop.stop_requested()) throw BuildError(Error{.kind = ErrorKind::interrupted, .message = "stopped"});

    // 8. The outputs appear by rename, or not at all.
    pushed.finish(context.stop);
    report.outputs = std::move(outputs);
    pull_for_outputs(report.outputs, report.image.layers, context.cache, context.stop);
    write_outputs(store, report.image, plan.name, report.outputs, request.registry.get(),
                  blobs_of_build(store, context.cache, context.stop), progress, context.stop);
    remember_outputs(request.template_file, store, written);
    return report;
}

std::vector<BuiltStep> build_steps(const BuildRequest& request, const std::vector<std::string>& only,
                                   const ResolveContext& context) {
    context.store.sweep_temp();
    Template tmpl = parse_template_file(request.template_file, request.parse);
    leave_out_own_files(tmpl, context.store, request.also_written, request.secret_files);
    const PlannedBuild planned = plan_build(tmpl, request, only, context);
    const std::vector<Step> missing = not_shared(planned.plan.steps, context.cache, context.stop);
    refuse_what_cannot_fit(missing, context.store);
    // An hour of compiling is lost where nobody gets what it makes.
    if (context.cache != nullptr && !missing.empty()) context.cache->check_written(context.stop).value();
    EngineSteps steps = engine_steps(planned, request, context);
    auto made = run_plan(planned.plan, steps, MachineBudget::of_this_machine(), context.progress, context.stop);
    // Nobody else gets what was made here.
    if (context.cache != nullptr) context.cache->share(planned.plan, context.stop).value();
    return made;
}

}  // namespace tmplbuild
