// SPDX-License-Identifier: Apache-2.0
#include "kernel_job/prove.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "kernel/variant_proof.hpp"
#include "sys/file.hpp"

namespace tmplbuild::job {

namespace {

constexpr std::size_t module_limit = 2'000'000'000;  // bytes; a larger file cannot be a module

kernel::ModuleRule& rule_for(std::vector<kernel::ModuleRule>& rules, const std::string& file) {
    const auto found = std::find_if(rules.begin(), rules.end(), [&](const auto& rule) { return rule.file == file; });
    if (found != rules.end()) return *found;
    rules.push_back({file, {}, false});
    return rules.back();
}

}  // namespace

Result<std::string> prove_files(const pod::Kernel& kernel, const std::string& arch, const fs::path& files) {
    auto parsed = kernel::Arch::parse(arch);
    if (!parsed) return parsed.error();
    kernel::VariantRequest request{.kernel = kernel.name, .arch = *parsed};
    if (auto cuda = kernel::Version::parse(kernel.build.cuda)) request.toolkit = *cuda;
    for (const pod::KernelCapability& served : kernel.capabilities) {
        auto capability = kernel::Capability::parse(served.capability);
        if (!capability || served.arch != arch) continue;
        request.targets.push_back({served.capability, *capability, nullptr});
        for (const std::string& module : served.modules)
            rule_for(request.modules, module).capabilities.push_back(*capability);
    }
    for (kernel::ModuleRule& rule : request.modules)
        for (const pod::KernelModule& module : kernel.modules)
            if (module.file == rule.file) {
                rule.host_only = module.host_only;
                rule.may_lack = module.may_lack;
            }
    auto all = hash_tree(files);
    if (!all) return all.error();
    std::vector<std::string> contents;
    contents.reserve(all->size());  // the views below stay valid
    std::vector<kernel::VariantFile> list;
    for (const auto& [path, digest] : *all) {
        if (path.find(".so") == std::string::npos) continue;
        auto text = sys::read_file(files / path, module_limit);
        if (!text) return text.error();
        contents.push_back(std::move(*text));
        list.push_back({path, std::as_bytes(std::span(contents.back()))});
    }
    kernel::VariantProof proof = kernel::prove_variant(request, list);
    if (!proof.ok()) return build_error("what was compiled does not keep its promise: " + proof.errors.front());
    proof.proven_by = "bytes, on a pod";
    return json::canonical(kernel::to_json(proof));
}

}  // namespace tmplbuild::job
