// SPDX-License-Identifier: Apache-2.0
// One variant's spec and key from template and lock, for an arch that the image gets or that a pod may compile: the
// same function for both, so that the pod names a variant as the build would. Pure; used by plan.cpp and
// pod_kernels.cpp alone.
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

// What a pod needs of a kernel besides its variants, planned likewise. Nothing where a pod would find it empty.
struct PlannedFiles {
    KernelFilesSpec spec;
    std::string unresolved;
};
std::optional<PlannedFiles> plan_kernel_files(const KernelUse& use, const Lock& lock, const LocalFacts& facts);

// Of a compile, complete but for where the toolkit lies: values hold {arch}, {sm}, {output} and {jobs}.
StringMap compile_environment(const KernelRecipe& recipe, const kernel::Arch& arch);
// The modules that some GPU of a capability loads of a variant.
std::vector<std::string> modules_for(const KernelRecipe& recipe, const kernel::Capability& capability);

}  // namespace tmplbuild
