// SPDX-License-Identifier: Apache-2.0
// Which variants a template's kernels need: its targets, looked up in each recipe's arch table. Refuses in seconds what
// cannot work: a GPU that the recipe does not serve, a toolkit too old for an arch. Used to plan kernels and everything
// made for them. Pure.
#pragma once

#include <vector>

#include "plan/plan.hpp"

namespace tmplbuild {

struct PlannedVariant {
    const KernelUse* use = nullptr;
    kernel::Arch arch;
    std::vector<kernel::GpuTarget> serves;  // in the template's order
};

// One for each kernel and distinct arch: kernels in the template's order, archs ascending. Throws BuildError with every
// refusal at once.
std::vector<PlannedVariant> plan_variants(const Template& tmpl);

// Why this venv's torch and the toolkit cannot work together, according to its locked wheels; empty: no reason is
// known.
std::string torch_refusal(const LockedVenv& venv, const std::string& cuda);
// The CUDA that a venv's torch was built for, at least its major: "12", "13.0.96"; empty: there is no torch, or it does
// not say.
std::string cuda_of_torch(const LockedVenv& venv);

}  // namespace tmplbuild
