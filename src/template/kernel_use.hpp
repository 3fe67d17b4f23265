// SPDX-License-Identifier: Apache-2.0
// A kernel that a template uses: which recipe, where in the image, and what a pod does with it. Read from [[kernels]].
// A plain value.
#pragma once

#include <string>
#include <vector>

#include "podspec/kernel_spec.hpp"
#include "template/kernel_recipe.hpp"

namespace tmplbuild {

// A template's "false" is an older spelling of `prebuilt`. A kernel that is `off` is none of these: see kernels_off.
struct KernelUse {
    std::string name;  // "sageattention"
    KernelRecipe recipe;
    pod::InstallMode install = pod::InstallMode::background;
    std::vector<std::string> venvs;  // that see it; empty: those with its torch, or all where it needs none
    bool source_in_image = false;    // `source_in_image`: a pod that compiles needs no network for the source
    SourcePos pos;

    // A folder of this machine is nowhere to be fetched from: where the pod may compile, the image has it.
    bool ships_source() const {
        return install != pod::InstallMode::prebuilt && (source_in_image || recipe.source_url.empty());
    }
};

}  // namespace tmplbuild
