// SPDX-License-Identifier: Apache-2.0
#include "plan/pod_kernels.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "compile/recipe.hpp"
#include "plan/kernel_specs.hpp"
#include "plan/keys.hpp"
#include "plan/pod.hpp"
#include "plan/torch_distributions.hpp"
#include "plan/variants.hpp"
#include "template/fields.hpp"

namespace tmplbuild {

namespace {

constexpr const char* distribution_characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";  // of a name in PEP 508

std::vector<pod::PinnedFile> pinned(const std::vector<LockedDistribution>& list) {
    std::vector<pod::PinnedFile> out;
    for (const LockedDistribution& d : list) out.push_back({d.name, d.version, d.file, d.sha256.hex()});
    return out;
}

void add_archs(const KernelUse& use, const Template& tmpl, const Lock& lock, const LocalFacts& facts,
               const CompileRoot& root, pod::Kernel& out) {
    std::set<kernel::Arch> archs;
    for (const KernelArchRule& rule : use.recipe.archs) {
        out.capabilities.push_back(
            {rule.capability.to_string(), rule.build_as.number(), modules_for(use.recipe, rule.capability)});
        archs.insert(rule.build_as);
    }
    for (const kernel::Arch& arch : archs) {
        const PlannedSpec planned = plan_kernel_spec(use, arch, tmpl, lock, facts, root);
        out.archs.push_back({arch.number(), planned.key ? planned.key->digest().to_string() : "",
                             use.recipe.minimum_cuda_for(arch), compile_environment(use.recipe, arch)});
    }
}

pod::KernelSource source_of(const KernelUse& use) {
    pod::KernelSource out;
    if (use.ships_source()) {
        out.directory = kernel_file(use.name, "source");
        return out;
    }
    out.url = use.recipe.source_url;
    out.commit = use.recipe.source_rev;
    out.submodules = use.recipe.source_submodules;
    for (std::size_t i = 0; i < use.recipe.patches.size(); ++i)
        out.patches.push_back(kernel_file(use.name, patch_name(i, use.recipe.patches[i])));
    return out;
}

pod::KernelBuild build_of(const KernelUse& use, const Template& tmpl, const Lock& lock) {
    const KernelRecipe& recipe = use.recipe;
    pod::KernelBuild out;
    out.cuda = tmpl.targets.cuda;
    if (lock.toolchain) out.toolchain = pinned(lock.toolchain->wheels);
    if (const LockedKernel* locked = lock.find_kernel(use.name))
        out.requirements = pinned(compile_venv(torch_venv(use, lock), locked->requirements).brought);
    out.driver_stub = recipe.driver_stub;
    out.nvcc_front = kernel_file(use.name, "nvcc-front");
    out.directory = compile::source_directory(use.name);
    out.command = recipe.command;
    out.estimated_seconds = static_cast<std::int64_t>(recipe.minutes * 60);
    out.memory_bytes = static_cast<std::int64_t>(recipe.memory_bytes);
    out.timeout_seconds = recipe.time_limit().count();
    return out;
}

pod::KernelFallback fallback_of(const KernelUse& use, const Lock& lock) {
    pod::KernelFallback out;
    const LockedKernel* locked = lock.find_kernel(use.name);
    if (locked == nullptr || locked->fallback.empty()) return out;
    out.directory = fallback_directory(use.name, locked->fallback);
    // The distribution that the recipe names first; nobody asks for its dependencies by name.
    const std::string& first = use.recipe.fallback.requirements.front();
    const std::string name = make_name(first.substr(0, first.find_first_not_of(distribution_characters)));
    for (const LockedDistribution& d : locked->fallback)
        if (d.name == name || out.distribution.empty()) {
            out.distribution = d.name;
            out.version = d.version;
        }
    for (const kernel::Capability& capability : use.recipe.fallback.capabilities)
        out.capabilities.push_back(capability.to_string());
    return out;
}

}  // namespace

pod::Kernel make_off_kernel(const std::string& name) {
    pod::Kernel out;
    out.name = name;
    out.env_var = install_variable(name);
    out.install = pod::InstallMode::off;
    return out;
}

pod::Kernel make_pod_kernel(const KernelUse& use, const Template& tmpl, const Lock& lock, const LocalFacts& facts,
                            const CompileRoot& root) {
    pod::Kernel out;
    out.name = use.name;
    out.env_var = install_variable(use.name);
    out.install = use.install;
    out.distribution = use.recipe.python_package;
    out.version = use.recipe.python_version;
    add_archs(use, tmpl, lock, facts, root, out);
    for (const KernelModule& module : use.recipe.modules)
        if (!module.device_code || !module.may_lack.empty())
            out.modules.push_back({module.file, !module.device_code, module.may_lack});
    for (const KernelRefusal& refusal : use.recipe.refused)
        out.refused.push_back({refusal.capability.to_string(), refusal.reason});
    if (const LockedVenv* torch = torch_venv(use, lock)) out.python.venv = torch->venv;
    for (const std::string& venv : venvs_of(use, tmpl, lock)) out.python.venvs.push_back({venv, {}});
    if (use.install != pod::InstallMode::prebuilt) {
        out.source = source_of(use);
        out.build = build_of(use, tmpl, lock);
    }
    out.fallback = fallback_of(use, lock);
    if (!use.recipe.selftest.empty()) out.selftest = kernel_file(use.name, "selftest.py");
    out.needs = use.recipe.runtime_needs;
    return out;
}

std::string cuda_of_image(const Template& tmpl, const Lock& lock) {
    std::string newest = tmpl.kernels.empty() ? "" : tmpl.targets.cuda;
    for (const LockedVenv& venv : lock.venvs) {
        const std::string cuda = cuda_of_torch(venv);
        const auto have = kernel::Version::parse(newest), want = kernel::Version::parse(cuda);
        if (want && (!have || have->major < want->major)) newest = want->to_string();
    }
    return newest;
}

std::string constraints_text(const Lock& lock) {
    std::map<std::string, std::set<std::string>> versions;
    bool torch = false;
    for (const LockedVenv& venv : lock.venvs) {
        torch = torch || find_distribution(venv.distributions, "torch") != nullptr;
        for (const LockedDistribution& d : venv.distributions)
            if (is_bound_to_torch(d.name)) versions[d.name].insert(d.version);
    }
    if (!torch) return {};
    std::string out =
        "# This image's kernels are compiled against exactly this torch. pip and uv read this file (PIP_CONSTRAINT,\n"
        "# UV_CONSTRAINT), so that what you install keeps it: a package that wants another one fails here, with "
        "words,\n"
        "# instead of breaking the kernels later. To change torch all the same: env -u PIP_CONSTRAINT pip install "
        "...\n";
    // Two venvs with different versions cannot both be kept by one file.
    for (const auto& [name, list] : versions)
        if (list.size() == 1) out += name + "==" + *list.begin() + "\n";
    return out;
}

}  // namespace tmplbuild
