// SPDX-License-Identifier: Apache-2.0
// What the compile of a kernel sees, and so what its key names: the base, the template's `apt` layers, the throwaway
// step's compilers, and of the venv torch with the packages that belong to it and those that the recipe asks for.
// Nothing else is there. Used to plan kernels and to lay out the place of their compile. Pure. See
// docs/decisions/0017-what-a-compile-sees.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plan/keys.hpp"
#include "plan/plan.hpp"

namespace tmplbuild {

// The same for every kernel of a template, whichever venv they are for.
struct CompileRoot {
    std::vector<std::string> steps;  // ids, bottom first: the base, apt layers with everything below them, the tools
    // The keys of those whose content is not locked packages, since a command could have left anything.
    KeysBelow others;
    std::string unresolved;  // why a key is missing; empty: none is
};
// `steps`: all steps planned so far, which includes all layers of the template.
CompileRoot compile_root(const std::vector<Step>& steps);

// The packages in the root, each once, sorted by name; the list that a package comes from does not matter.
std::vector<LockedPackage> packages_of(const CompileRoot& root, const Lock& lock);

// The venvs whose Python sees a kernel, in the template's order: those that it names, else those with exactly the torch
// that it is compiled against, or all of them where it needs none. A venv that is not locked yet counts.
std::vector<std::string> venvs_of(const KernelUse& use, const Template& tmpl, const Lock& lock);
// The venv against which a kernel is compiled; nullptr: it needs no torch, or none is locked.
const LockedVenv* torch_venv(const KernelUse& use, const Lock& lock);

// A venv as a compile sees it, and the wheels that the venv lacks.
struct CompileVenv {
    std::vector<LockedDistribution> seen;     // of the venv
    std::vector<std::string> hidden;          // of the venv, by name
    std::vector<LockedDistribution> brought;  // of the recipe's locked requirements: what the venv lacks
    std::string refusal;                      // why the compile is not possible, as a phrase; empty: it is
};
CompileVenv compile_venv(const LockedVenv* venv, const std::vector<LockedDistribution>& requirements);

}  // namespace tmplbuild
