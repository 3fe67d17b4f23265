// SPDX-License-Identifier: Apache-2.0
#include "plan/kernel_specs.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "plan/keys.hpp"
#include "plan/requests.hpp"
#include "plan/variants.hpp"

namespace tmplbuild {

namespace {

// The same bytes are the same source, whatever their address.
Digest archive_source(const std::string& sha256, std::uint32_t strip) {
    return Sha256::of(sha256 + " without " + std::to_string(strip) + " parts");
}

// Sets the source where it is pinned; returns what is missing, or an empty text.
template <class Spec>
std::string add_source(const KernelUse& use, const Lock& lock, const LocalFacts& facts, Spec& spec) {
    const KernelRecipe& recipe = use.recipe;
    if (const auto patches = facts.patches.find(use.name); patches != facts.patches.end())
        spec.patches = patches->second;
    if (!recipe.archive_url.empty()) {
        spec.source = archive_source(recipe.archive_sha256, recipe.archive_strip);
        return {};
    }
    if (!recipe.sdist_project.empty()) {
        const LockedKernel* locked = lock.find_kernel(use.name);
        if (locked == nullptr || !locked->sdist) return "the sdist of its source is not locked yet";
        spec.sdist = {*locked->sdist};
        spec.source = archive_source(locked->sdist->sha256.hex(), sdist_strip);
        return {};
    }
    if (recipe.source_url.empty()) {
        spec.source = facts.kernels.at(use.name);
        return {};
    }
    const LockedGit* git = lock.find_git(recipe.source_url, recipe.source_rev);
    if (git == nullptr) return "its source has not been fetched yet";
    // The tree holds the commits of its submodules; the recipe chooses whether they are laid out.
    spec.source = Sha256::of(git->tree + (recipe.source_submodules ? " with submodules" : ""));
    spec.source_time = git->commit_time;
    return {};
}

[[noreturn]] void refuse(const KernelUse& use, const std::string& why, const std::string& hint) {
    Error error = usage_error("the kernel '" + use.name + "' cannot be compiled: " + why, hint);
    error.where = use.pos;
    throw BuildError(std::move(error));
}

std::string torch_of(const LockedVenv& venv) {
    const LockedDistribution* torch = find_distribution(venv.distributions, "torch");
    return torch == nullptr ? "" : torch->sha256.hex();
}

// The venv against which a recipe is compiled; nullptr with a reason while it is not locked. Throws where none can
// serve.
const LockedVenv* torch_for(const KernelUse& use, const Template& tmpl, const Lock& lock, std::string& unresolved) {
    const LockedVenv* torch = torch_venv(use, lock);
    if (torch == nullptr) {
        const std::vector<VenvRequest> venvs = venv_requests(tmpl);
        const bool all_locked = std::all_of(venvs.begin(), venvs.end(), [&](const VenvRequest& request) {
            return lock.find_venv(request.venv) != nullptr;
        });
        if (!all_locked) {
            unresolved = "torch is not locked yet";
            return nullptr;
        }
    }
    std::string why = torch != nullptr    ? torch_refusal(*torch, tmpl.targets.cuda)
                      : use.venvs.empty() ? "no python layer of the template brings torch"
                                          : "no torch is in " + join(use.venvs, ", ") + ", where it belongs";
    // In another venv, the same variant would find another torch.
    for (const std::string& name : use.venvs) {
        const LockedVenv* other = lock.find_venv(name);
        if (other == nullptr) {
            unresolved = "torch is not locked yet";
            return nullptr;
        }
        if (why.empty() && torch_of(*other) != torch_of(*torch))
            why = "it belongs to '" + torch->venv + "' and '" + name + "', which do not have the same torch";
    }
    if (why.empty())
        why = use.recipe.torch_refusal(find_distribution(torch->distributions, "torch")->version).value_or("");
    if (why.empty()) return torch;
    refuse(use, why,
           torch == nullptr ? "add torch to a python layer's requirements"
                            : "choose another torch, another targets.cuda, or other 'venvs' of the kernel");
}

}  // namespace

PlannedSpec plan_kernel_spec(const KernelUse& use, const kernel::Arch& arch, const Template& tmpl, const Lock& lock,
                             const LocalFacts& facts, const CompileRoot& root) {
    PlannedSpec out{KernelSpec{use.name, use.recipe, arch, {}, {}, 0, {}, {}, {}, {}}, {}, {}};
    out.unresolved = add_source(use, lock, facts, out.spec);
    if (lock.toolchain)
        out.spec.toolchain = *lock.toolchain;
    else
        out.unresolved = "the CUDA toolchain is not locked yet";
    const LockedVenv* torch = use.recipe.needs_torch ? torch_for(use, tmpl, lock, out.unresolved) : nullptr;
    if (torch != nullptr) {
        out.spec.torch_venv = torch->venv;
        out.spec.torch_version = find_distribution(torch->distributions, "torch")->version;
    }
    std::vector<LockedDistribution> requirements;
    if (const LockedKernel* locked = lock.find_kernel(use.name)) {
        requirements = locked->requirements;
        out.spec.places = locked->places;
    } else if (!use.recipe.build_requirements.empty()) {
        out.unresolved = "the Python packages that compile it are not locked yet";
    }
    const LockedApt* tools = lock.find_apt(kernel_tools_step);
    if (tools == nullptr) out.unresolved = "the packages that compile it are not locked yet";
    if (out.unresolved.empty() && (!lock.base || lock.base->diff_ids.empty()))
        out.unresolved = "the base has not been made yet, so its facts are not known";
    if (out.unresolved.empty()) out.unresolved = root.unresolved;
    CompileVenv venv = compile_venv(torch, requirements);
    if (!venv.refusal.empty())
        refuse(use, venv.refusal, "lock its requirements anew: " + renewal_of(kernel_part(use.name)));
    out.spec.requirements = std::move(venv.brought);
    out.spec.venv_hidden = std::move(venv.hidden);
    if (out.unresolved.empty()) {
        LockedBase base = *lock.base;
        base.contract = base.contract.with_interpreter(interpreter_for(use, lock));
        out.key = kernel_key(out.spec, {base, packages_of(root, lock), root.others, torch, venv.seen},
                             tmpl.image.compression);
    }
    return out;
}

std::optional<PlannedFiles> plan_kernel_files(const KernelUse& use, const Lock& lock, const LocalFacts& facts) {
    if (use.install == pod::InstallMode::prebuilt && use.recipe.selftest.empty() &&
        use.recipe.fallback.requirements.empty())
        return std::nullopt;
    PlannedFiles out{};
    out.spec.kernel = use.name;
    out.spec.recipe = use.recipe;
    out.spec.with_source = use.ships_source();
    out.spec.may_compile = use.install != pod::InstallMode::prebuilt;
    out.unresolved = add_source(use, lock, facts, out.spec);
    if (const auto test = facts.selftests.find(use.name); test != facts.selftests.end())
        out.spec.selftest = test->second;
    if (const LockedKernel* locked = lock.find_kernel(use.name)) {
        out.spec.fallback = locked->fallback;
        out.spec.places = locked->places;
    } else if (!use.recipe.fallback.requirements.empty()) {
        out.unresolved = "its fallback is not locked yet";
    }
    return out;
}

StringMap compile_environment(const KernelRecipe& recipe, const kernel::Arch& arch) {
    StringMap out = recipe.environment_for(arch);
    out.try_emplace("TORCH_CUDA_ARCH_LIST", "{arch}");
    out.try_emplace("MAX_JOBS", "{jobs}");
    // Nothing that Python does during the compile may depend on when or in which order it ran.
    out.try_emplace("PYTHONDONTWRITEBYTECODE", "1");
    out.try_emplace("PYTHONHASHSEED", "0");
    return out;
}

std::vector<std::string> modules_for(const KernelRecipe& recipe, const kernel::Capability& capability) {
    std::vector<std::string> out;
    for (const KernelModule& module : recipe.modules)
        if (std::find(module.capabilities.begin(), module.capabilities.end(), capability) != module.capabilities.end())
            out.push_back(module.file);
    return out;
}

}  // namespace tmplbuild
