// SPDX-License-Identifier: Apache-2.0
// Makes a venv of the wheels that a kernel's recipe needs at compile time alone ([build] requirements). The compile
// gets it read-only, and no image ever holds it. Used by the kernel step. Kept in the store under the wheels' digests.
#pragma once

#include <filesystem>

#include "engine/python/venv_place.hpp"
#include "engine/step_context.hpp"

namespace tmplbuild {

// Returns the folder on this machine. It must be mounted at `inside`, since scripts of a venv hold its path. The base
// must have a Python, and the wheels must be in the store.
Result<std::filesystem::path> kernel_requirements_tree(const std::vector<LockedDistribution>& wheels,
                                                       const std::string& inside, StepContext& context);

}  // namespace tmplbuild
