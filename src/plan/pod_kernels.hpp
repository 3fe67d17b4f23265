// SPDX-License-Identifier: Apache-2.0
// What pod.json says about kernels, so that a pod can compile an arch that its image lacks, and the constraints that
// keep a pod's torch in place. Used by the plan and by the step that writes pod.json, which adds what only built steps
// know: proofs, torch's commit, folders of the interpreter. Pure.
#pragma once

#include <string>

#include "plan/compile_root.hpp"
#include "plan/plan.hpp"

namespace tmplbuild {

// Fields that need a fact which the lock lacks stay empty.
pod::Kernel make_pod_kernel(const KernelUse& use, const Template& tmpl, const Lock& lock, const LocalFacts& facts,
                            const CompileRoot& root);
// A kernel that the template switches off: services and the pod's status only need its name.
pod::Kernel make_off_kernel(const std::string& name);
// The newest CUDA that torch or the kernels need: "13.0"; empty: none.
std::string cuda_of_image(const Template& tmpl, const Lock& lock);

inline constexpr const char* constraints_path = "/opt/tmplbuild/constraints.txt";
// The text of that file: torch and what is bound to it, in the versions that the venvs have. Empty where there is no
// torch.
std::string constraints_text(const Lock& lock);

}  // namespace tmplbuild
