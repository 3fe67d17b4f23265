// SPDX-License-Identifier: Apache-2.0
#include "build/steps/steps.hpp"
#include "pack/entry_set.hpp"

namespace tmplbuild {

Result<StepOutput> build_pod(const PodSpecStep& spec, StepContext& context) {
    EntrySet set(context.contract.folders);
    const std::string path = std::string(pod::pod_spec_path).substr(1);
    if (auto added = set.add({.path = path}, pod::write_pod_spec(spec.pod), "pod.json"); !added) return added.error();
    auto layer = set.write(context.store, {context.compression, "pod.json"});
    if (!layer) return layer.error();
    return StepOutput{{*layer}, {}, 0};
}

}  // namespace tmplbuild
