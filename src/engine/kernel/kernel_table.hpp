// SPDX-License-Identifier: Apache-2.0
// The proven table of an image: which kernel runs on which GPU, from the proofs of its variants. It is written into the
// manifest's annotations, printed by `build`, and read again by `inspect --can-run` and `gpus`. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/build.hpp"
#include "verify/verify.hpp"

namespace tmplbuild {

// One row for each kernel and target GPU, in the plan's order. Throws BuildError when a promise is not kept.
std::vector<ProvenRow> proven_rows(const Plan& plan, const std::vector<BuiltStep>& steps);
void annotate_kernels(const Plan& plan, const BuildReport& report, std::map<std::string, std::string>& annotations);

// What the image's annotation says about a GPU, whether or not the build had it as a target; the best variant of each
// kernel.
struct KernelAnswer {
    std::string kernel, arch;  // arch empty: no variant runs there
    kernel::Judgement judgement;
};
// An error when no build could have written the annotation. Empty for an image without kernels.
Result<std::vector<KernelAnswer>> can_run_kernels(const std::string& annotation, const kernel::GpuTarget& target);

}  // namespace tmplbuild
