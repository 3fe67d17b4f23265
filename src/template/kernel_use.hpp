// SPDX-License-Identifier: Apache-2.0
// A kernel that a template uses: its recipe, the venvs that see it, and what a pod does with it. Read from [[kernels]].
// A plain value.
#pragma once

#include <string>
#include <vector>

#include "podspec/kernel_spec.hpp"
#include "template/kernel_recipe.hpp"

namespace tmplbuild {

// In a template, "false" is an older spelling of `prebuilt`. A kernel that is `off` is not among these: see
// kernels_off.
struct KernelUse {
    std::string name;  // "sageattention"
    KernelRecipe recipe;
    pod::InstallMode install = pod::InstallMode::background;
    std::vector<std::string> venvs;  // those that see it; empty: those with its torch, or all where it needs none
    bool source_in_image = false;    // `source_in_image`: a pod that compiles needs no network for the source
    SourcePos pos;

    // Nobody could fetch a folder of this machine, so the image holds it where the pod may compile.
    bool ships_source() const {
        return install != pod::InstallMode::prebuilt && (source_in_image || recipe.source_url.empty());
    }
};

}  // namespace tmplbuild
