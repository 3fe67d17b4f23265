// SPDX-License-Identifier: Apache-2.0
// Lays a kernel's source tree into a folder of its own: for one compile, or for the image, where a pod compiles it. It
// comes from a folder of the context, a commit, an archive or an sdist. Used by the kernel and kernel-files steps, and
// to take digests of local sources. Never writes to the user's folder.
#pragma once

#include <filesystem>

#include "engine/step_context.hpp"

namespace tmplbuild {

// The source that the plan saw; `patches` are digests of recipe.patches.
struct PlannedSource {
    const std::string& kernel;
    const KernelRecipe& recipe;
    Digest source;
    const std::vector<Digest>& patches;
    const std::vector<LockedDistribution>& sdist;  // the source, if it is an sdist; else empty
};
// Fills the empty folder `to`, checks that the source is the one that the plan saw, and applies the patches. A patch
// that does not apply is an error with git's output.
Result<void> lay_kernel_source(const PlannedSource& planned, const std::filesystem::path& to, StepContext& context);

// Reads a patch or a self-test: a file of the recipe's folder, with links followed inside that folder. Usage errors.
Result<std::string> read_recipe_file(const KernelRecipe& recipe, const std::filesystem::path& file);

}  // namespace tmplbuild
