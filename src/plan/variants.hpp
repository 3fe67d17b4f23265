// SPDX-License-Identifier: Apache-2.0
// Which variants a template's kernels need: targets through each recipe's arch table. Refuses in seconds what cannot
// work: a GPU that the recipe does not serve, a toolkit too old for an arch. Pure; used by plan.cpp alone.
#pragma once

#include <vector>

#include "plan/plan.hpp"

namespace tmplbuild {

struct PlannedVariant {
    const KernelUse* use = nullptr;
    kernel::Arch arch;
    std::vector<kernel::GpuTarget> serves;  // in the template's order
};

// One per kernel and distinct arch, kernels in the template's order, archs ascending. Throws BuildError with every
// refusal at once.
std::vector<PlannedVariant> plan_variants(const Template& tmpl);

// Why torch of this venv and the toolkit cannot work together, as its locked wheels tell; empty: nothing against it.
std::string torch_refusal(const LockedVenv& venv, const std::string& cuda);
// The CUDA that a venv's torch was built for, at least its major: "12", "13.0.96"; empty: no torch, or none that says
// it.
std::string cuda_of_torch(const LockedVenv& venv);

}  // namespace tmplbuild
