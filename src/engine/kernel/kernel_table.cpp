// SPDX-License-Identifier: Apache-2.0
#include "engine/kernel/kernel_table.hpp"

#include <algorithm>

#include "kernel/variant_proof.hpp"

namespace tmplbuild {

static const BuiltStep& step_of(const std::vector<BuiltStep>& steps, const std::string& id) {
    return *std::find_if(steps.begin(), steps.end(), [&](const BuiltStep& step) { return step.id == id; });
}

static kernel::VariantProof proof_of(const BuiltStep& step) {
    return kernel::variant_proof_from_json(*json::get_object(step.output.facts, "proof").value()).value();
}

// Judged again for these targets, since a variant from the store may have been proven for others.
std::vector<ProvenRow> proven_rows(const Plan& plan, const std::vector<BuiltStep>& steps) {
    std::vector<ProvenRow> out;
    std::vector<Error> broken;
    for (const PlannedGpu& gpu : plan.gpus) {
        const BuiltStep& step = step_of(steps, gpu.step);
        const kernel::Judgement judged = kernel::judge_variant(proof_of(step), gpu.target);
        out.push_back({gpu.kernel, gpu.target.label, gpu.target.capability ? gpu.target.capability->to_string() : "",
                       gpu.arch.to_string(), judged, step.cache});
        if (!kernel::runs(judged.verdict))
            broken.push_back(build_error("the kernel '" + gpu.kernel + "' does not run on the " + gpu.target.label +
                                         ": " + judged.reason));
    }
    if (!broken.empty()) throw BuildError(std::move(broken));
    return out;
}

Result<std::vector<KernelAnswer>> can_run_kernels(const std::string& annotation, const kernel::GpuTarget& target) {
    std::vector<KernelAnswer> out;
    if (annotation.empty()) return out;
    auto document = json::parse(annotation, kernels_annotation);
    if (!document) return document.error();
    if (!document->is_array())
        return build_error("the image's annotation " + std::string(kernels_annotation) + " is no list");
    std::vector<std::string> names;
    std::map<std::string, std::vector<kernel::VariantProof>> variants;
    for (const json::value& entry : document->get_array()) {
        if (!entry.is_object()) return build_error("a proof in the image's annotation is no object");
        auto proof = kernel::variant_proof_from_json(entry.get_object());
        if (!proof) return proof.error();
        if (!variants.contains(proof->kernel)) names.push_back(proof->kernel);
        variants[proof->kernel].push_back(std::move(*proof));
    }
    for (const std::string& name : names) {
        const std::vector<kernel::VariantProof>& list = variants[name];
        const kernel::VariantChoice choice = kernel::choose_variant(list, target);
        out.push_back({name, choice.index ? list[*choice.index].arch.to_string() : "", choice.judgement});
    }
    return out;
}

void annotate_kernels(const Plan& plan, const BuildReport& report, std::map<std::string, std::string>& annotations) {
    json::array proofs;
    for (const Step& step : plan.steps)
        if (const auto* spec = std::get_if<KernelSpec>(&step.spec))
            proofs.push_back(
                kernel::to_json(kernel::proof_for(proof_of(step_of(report.steps, step.id)), spec->serves)));
    if (!proofs.empty()) annotations[kernels_annotation] = json::canonical(proofs);
}

}  // namespace tmplbuild
