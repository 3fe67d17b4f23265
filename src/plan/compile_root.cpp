// SPDX-License-Identifier: Apache-2.0
#include "plan/compile_root.hpp"

#include <algorithm>
#include <set>

#include "plan/requests.hpp"
#include "plan/torch_distributions.hpp"
#include "resolve/python.hpp"

namespace tmplbuild {

namespace {

const LockedDistribution* torch_of(const LockedVenv* venv) {
    return venv == nullptr ? nullptr : find_distribution(venv->distributions, "torch");
}

}  // namespace

CompileRoot compile_root(const std::vector<Step>& steps) {
    std::set<std::string> wanted;
    for (const Step& step : steps)
        if (step.kind().is_packages && step.in_image && step.id != pod_compiler_step) {
            wanted.insert(step.needs.begin(), step.needs.end());
            wanted.insert(step.id);
        }
    CompileRoot root;
    for (const Step& step : steps) {
        if (!wanted.contains(step.id)) continue;
        root.steps.push_back(step.id);
        if (step.kind().is_packages) continue;
        if (step.key)
            root.others.emplace_back(step.id, step.key->digest());
        else
            root.unresolved = "it is compiled over " + step.id + ", which is not resolved";
    }
    root.steps.emplace_back(kernel_tools_step);
    return root;
}

std::vector<LockedPackage> packages_of(const CompileRoot& root, const Lock& lock) {
    std::vector<LockedPackage> out;
    if (lock.base) out = lock.base->packages;
    for (const std::string& id : root.steps)
        if (const LockedApt* apt = lock.find_apt(id)) out.insert(out.end(), apt->packages.begin(), apt->packages.end());
    const auto identity = [](const LockedPackage& p) { return std::tie(p.name, p.architecture, p.version, p.sha256); };
    std::sort(out.begin(), out.end(), [&](const auto& a, const auto& b) { return identity(a) < identity(b); });
    out.erase(
        std::unique(out.begin(), out.end(), [&](const auto& a, const auto& b) { return identity(a) == identity(b); }),
        out.end());
    return out;
}

const LockedVenv* torch_venv(const KernelUse& use, const Lock& lock) {
    if (!use.recipe.needs_torch) return nullptr;
    for (const LockedVenv& venv : lock.venvs) {
        const bool named =
            use.venvs.empty() || std::find(use.venvs.begin(), use.venvs.end(), venv.venv) != use.venvs.end();
        if (named && torch_of(&venv) != nullptr) return &venv;
    }
    return nullptr;
}

std::vector<std::string> venvs_of(const KernelUse& use, const Template& tmpl, const Lock& lock) {
    const LockedDistribution* own = torch_of(torch_venv(use, lock));
    std::vector<std::string> out;
    for (const VenvRequest& request : venv_requests(tmpl)) {
        const bool named = std::find(use.venvs.begin(), use.venvs.end(), request.venv) != use.venvs.end();
        if (!use.venvs.empty() && !named) continue;
        const LockedVenv* locked = lock.find_venv(request.venv);
        const LockedDistribution* torch = torch_of(locked);
        const bool fits = !use.recipe.needs_torch || locked == nullptr ||
                          (own != nullptr && torch != nullptr && torch->sha256 == own->sha256);
        if (named || fits) out.push_back(request.venv);
    }
    return out;
}

CompileVenv compile_venv(const LockedVenv* venv, const std::vector<LockedDistribution>& requirements) {
    CompileVenv out;
    if (venv == nullptr) {
        out.brought = requirements;
        return out;
    }
    for (const LockedDistribution& wanted : requirements) {
        const LockedDistribution* there = find_distribution(venv->distributions, wanted.name);
        // Build tools may have another version than the venv's; then the compile does not see the venv's.
        const bool other = there != nullptr && there->version != wanted.version;
        if (there == nullptr || (other && is_build_tool(wanted.name))) out.brought.push_back(wanted);
        // It would come before the venv's own on Python's path, and the extension would be compiled against it.
        if (other && !is_build_tool(wanted.name))
            out.refusal = "its compile would see " + wanted.name + " " + wanted.version + ", and the venv '" +
                          venv->venv + "' has " + there->version;
    }
    for (const LockedDistribution& d : venv->distributions)
        if (find_distribution(out.brought, d.name) == nullptr &&
            (is_seen_with_torch(d.name) || find_distribution(requirements, d.name) != nullptr))
            out.seen.push_back(d);
        else
            out.hidden.push_back(d.name);
    std::sort(out.seen.begin(), out.seen.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    std::sort(out.hidden.begin(), out.hidden.end());
    return out;
}

}  // namespace tmplbuild
