// SPDX-License-Identifier: Apache-2.0
// What the compile of a kernel sees, and so what its key names: nothing else is there. The base, the template's `apt`
// layers, the throwaway step's compilers, and of the venv torch with what belongs to it and what the recipe asks for.
// Pure; used by plan.cpp, kernel_specs.cpp and pod_kernels.cpp. See docs/decisions/0017-what-a-compile-sees.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plan/keys.hpp"
#include "plan/plan.hpp"

namespace tmplbuild {

// The same for every kernel of a template, whichever venv they are for.
struct CompileRoot {
    std::vector<std::string> steps;  // ids, bottom first: base, apt layers with all that these stand on, tools
    KeysBelow others;        // of those among them that are no locked packages: a command could have left anything
    std::string unresolved;  // why a key is missing; empty: none is
};
// `steps`: those that are planned so far: all layers of the template.
CompileRoot compile_root(const std::vector<Step>& steps);

// The packages that lie in the root, each once, sorted by name: whose list they come from does not matter.
std::vector<LockedPackage> packages_of(const CompileRoot& root, const Lock& lock);

// The venvs whose Python sees a kernel, in the template's order: those that it names, else those with the very torch
// that it is compiled against, or all of them where it needs none. A venv that is not locked yet counts.
std::vector<std::string> venvs_of(const KernelUse& use, const Template& tmpl, const Lock& lock);
// The venv that a kernel is compiled against; nullptr: it needs no torch, or none is locked.
const LockedVenv* torch_venv(const KernelUse& use, const Lock& lock);

// A venv as a compile sees it, and the wheels that it lacks.
struct CompileVenv {
    std::vector<LockedDistribution> seen;     // of the venv
    std::vector<std::string> hidden;          // of the venv, by name
    std::vector<LockedDistribution> brought;  // of the recipe's locked requirements: what the venv lacks
    std::string refusal;                      // why that cannot be, a phrase; empty: it can
};
CompileVenv compile_venv(const LockedVenv* venv, const std::vector<LockedDistribution>& requirements);

}  // namespace tmplbuild
