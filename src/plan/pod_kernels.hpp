// SPDX-License-Identifier: Apache-2.0
// What pod.json says about kernels, so that a pod can compile an arch that its image lacks, and what keeps a pod's
// torch where it is. Pure; used by plan.cpp alone. Never says what only the built steps know: proofs, torch's commit,
// folders of the interpreter (engine/steps/pod.cpp adds those).
#pragma once

#include <string>

#include "plan/compile_root.hpp"
#include "plan/plan.hpp"

namespace tmplbuild {

// Fields that need a fact which the lock lacks stay empty.
pod::Kernel make_pod_kernel(const KernelUse& use, const Template& tmpl, const Lock& lock, const LocalFacts& facts,
                            const CompileRoot& root);
// A kernel that the template switches off: a name for services and for the pod's status.
pod::Kernel make_off_kernel(const std::string& name);
// The newest CUDA that torch or the kernels want: "13.0"; empty: none.
std::string cuda_of_image(const Template& tmpl, const Lock& lock);

inline constexpr const char* constraints_path = "/opt/tmplbuild/constraints.txt";
// The text of that file: torch and what is bound to it, pinned as the venvs have them. Empty where there is no torch.
std::string constraints_text(const Lock& lock);

}  // namespace tmplbuild
