// SPDX-License-Identifier: Apache-2.0
// NVIDIA's compiler wheels as a CUDA folder from which nvcc runs. Used by the kernel step, which mounts it read-only
// into its sandbox; never part of an image. Kept in the store under the wheels' digests, since unpacking takes seconds.
#pragma once

#include <filesystem>

#include "engine/step_context.hpp"

namespace tmplbuild {

// Returns the folder that has bin/nvcc. The wheels must be in the store.
Result<std::filesystem::path> toolchain_tree(const LockedToolchain& toolchain, StepContext& context);

}  // namespace tmplbuild
