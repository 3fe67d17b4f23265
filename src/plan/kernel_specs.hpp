// SPDX-License-Identifier: Apache-2.0
// Makes one variant's spec and key from template and lock, for an arch that the image gets or that a pod may compile:
// one function for both, so that a pod names a variant as the build would. Used to plan kernels and by their step.
// Pure.
#pragma once

#include <optional>
#include <string>

#include "plan/compile_root.hpp"
#include "plan/plan.hpp"

namespace tmplbuild {

struct PlannedSpec {
    KernelSpec spec;
    std::optional<CanonicalKey> key;  // none: `unresolved` says which fact is missing
    std::string unresolved;
};

// Throws BuildError where the venv's torch cannot work with the toolkit or the recipe.
PlannedSpec plan_kernel_spec(const KernelUse& use, const kernel::Arch& arch, const Template& tmpl, const Lock& lock,
                             const LocalFacts& facts, const CompileRoot& root);

// What a pod needs of a kernel besides its variants, planned in the same way. None where that would be empty.
struct PlannedFiles {
    KernelFilesSpec spec;
    std::string unresolved;
};
std::optional<PlannedFiles> plan_kernel_files(const KernelUse& use, const Lock& lock, const LocalFacts& facts);

// The environment of a compile, complete except for the toolkit's place: values hold {arch}, {sm}, {output} and {jobs}.
StringMap compile_environment(const KernelRecipe& recipe, const kernel::Arch& arch);
// The modules of a variant that a GPU of this capability loads.
std::vector<std::string> modules_for(const KernelRecipe& recipe, const kernel::Capability& capability);

}  // namespace tmplbuild
