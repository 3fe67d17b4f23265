// SPDX-License-Identifier: Apache-2.0
#include "build/steps/steps.hpp"
#include "pack/entry_set.hpp"
#include "plan/keys.hpp"

namespace tmplbuild {

static Result<void> add_variant(pod::PodSpec& pod, const VariantRef& ref, const StepContext& context) {
    const NeededStep& step = context.needed.at(ref.step);
    auto proof = json::get_object(step.facts, "proof");
    if (!proof) return proof.error();
    for (pod::Kernel& kernel : pod.kernels)
        if (kernel.name == ref.kernel)
            kernel.variants.push_back({ref.arch.number(), variant_directory(ref.kernel, step.key), step.key.to_string(),
                                       json::canonical(**proof)});
    return {};
}

Result<StepOutput> build_pod(const PodSpecStep& spec, StepContext& context) {
    pod::PodSpec pod = spec.pod;
    for (const VariantRef& ref : spec.variants)
        if (auto added = add_variant(pod, ref, context); !added) return added.error();
    EntrySet set(context.contract.folders);
    const std::string path = std::string(pod::pod_spec_path).substr(1);
    if (auto added = set.add({.path = path}, pod::write_pod_spec(pod), "pod.json"); !added) return added.error();
    auto layer = set.write(context.store, {context.compression, "pod.json"});
    if (!layer) return layer.error();
    return StepOutput{{*layer}, {}, 0};
}

}  // namespace tmplbuild
