// SPDX-License-Identifier: Apache-2.0
// A kernel's source tree, laid into a folder of its own: for one compile, or for the image, where a pod compiles it.
// From a folder of the context, a commit, an archive or an sdist. Used by the kernel and kernel-files steps. Never
// writes to the user's folder.
#pragma once

#include <filesystem>

#include "engine/step_context.hpp"

namespace tmplbuild {

// What the plan saw of a kernel's source; `patches` are digests of recipe.patches.
struct PlannedSource {
    const std::string& kernel;
    const KernelRecipe& recipe;
    Digest source;
    const std::vector<Digest>& patches;
    const std::vector<LockedDistribution>& sdist;  // that it is; empty: it is of another kind
};
// Fills the empty folder `to`, checks that it is what the plan saw, and applies the patches. A patch that does not
// apply: an error with git's words.
Result<void> lay_kernel_source(const PlannedSource& planned, const std::filesystem::path& to, StepContext& context);

// A patch or a self-test: a file of the recipe's folder, links followed inside that folder. Usage errors.
Result<std::string> read_recipe_file(const KernelRecipe& recipe, const std::filesystem::path& file);

}  // namespace tmplbuild
