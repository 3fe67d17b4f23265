// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine/python/venv_place.hpp"
#include "engine/steps/gateway_files.hpp"
#include "engine/steps/steps.hpp"
#include "kernel/variant_proof.hpp"
#include "pack/entry_set.hpp"
#include "plan/keys.hpp"
#include "plan/pod_kernels.hpp"

namespace tmplbuild {

namespace {

Result<void> add_variant(pod::PodSpec& pod, const VariantRef& ref, const StepContext& context) {
    const NeededStep& step = context.needed.at(ref.step);
    auto stored = json::get_object(step.facts, "proof");
    if (!stored) return stored.error();
    auto proof = kernel::variant_proof_from_json(**stored);
    if (!proof) return proof.error();
    const json::object judged = kernel::to_json(kernel::proof_for(std::move(*proof), ref.serves));
    for (pod::Kernel& kernel : pod.kernels) {
        if (kernel.name != ref.kernel) continue;
        // The launcher compares this digest with the folder's before it switches the variant on.
        json::object table = judged;
        if (const json::value* files = step.facts.if_contains("files")) table["files"] = *files;
        kernel.variants.push_back(
            {ref.arch.number(), variant_directory(ref.kernel, step.key), step.key.to_string(), json::canonical(table)});
        if (const json::value* torch = step.facts.if_contains("torch"); torch != nullptr && torch->is_object()) {
            kernel.python.torch = json::string_or(torch->get_object(), "version", "");
            kernel.python.torch_git_version = json::string_or(torch->get_object(), "git_version", "");
        }
    }
    return {};
}

// Adds the interpreter's path and that of its packages, which are known once the base is made.
Result<void> add_python(pod::Kernel& kernel, const PodSpecStep& spec, const BaseContract& contract) {
    const auto is = [&](const PythonFacts& python, const std::string& interpreter) {
        kernel.python.interpreter = interpreter;
        kernel.python.version = python.version;
        kernel.python.soabi = python.soabi;
    };
    if (contract.python) is(*contract.python, contract.python->command);
    for (pod::KernelVenv& venv : kernel.python.venvs) {
        const auto at = std::find(spec.venvs.begin(), spec.venvs.end(), venv.directory) - spec.venvs.begin();
        const auto python = contract.with_interpreter(spec.interpreters.at(static_cast<std::size_t>(at))).python;
        if (!python) continue;
        auto place = VenvPlace::make(venv.directory, *python);
        if (!place) return place.error();
        if (venv.directory == kernel.python.venv) is(*python, place->interpreter());
        venv = {place->root(), place->root() + "/" + place->site_packages()};
    }
    return {};
}

}  // namespace

Result<StepOutput> build_step(const PodSpecStep& spec, StepContext& context) {
    pod::PodSpec pod = spec.pod;
    for (pod::Kernel& kernel : pod.kernels)
        if (auto added = add_python(kernel, spec, context.contract); !added) return added.error();
    for (const VariantRef& ref : spec.variants)
        if (auto added = add_variant(pod, ref, context); !added) return added.error();
    EntrySet set(context.contract.folders);
    const std::string path = std::string(pod::pod_spec_path).substr(1);
    if (auto added = set.add({.path = path}, pod::write_pod_spec(pod), "pod.json"); !added) return added.error();
    if (!spec.constraints.empty()) {
        const std::string constraints = std::string(constraints_path).substr(1);
        if (auto added = set.add({.path = constraints}, spec.constraints, "constraints"); !added) return added.error();
    }
    if (auto added = add_gateway_files(set, pod, spec.gateway_bundle, context); !added) return added.error();
    auto layer = set.write(context.store, {context.compression, "pod.json"});
    if (!layer) return layer.error();
    return StepOutput{{*layer}, {}, 0};
}

}  // namespace tmplbuild
