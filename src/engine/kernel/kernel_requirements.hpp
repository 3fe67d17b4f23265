// SPDX-License-Identifier: Apache-2.0
// What a kernel's recipe asks for at compile time alone ([build] requirements), as a venv that a compile is given
// read-only and no image ever holds. Kept in the store under the wheels' digests.
#pragma once

#include <filesystem>

#include "engine/python/venv_place.hpp"
#include "engine/step_context.hpp"

namespace tmplbuild {

// The folder on this machine, to be seen at `inside`, since scripts of a venv name their own path. The base must have a
// Python, and the wheels must be in the store.
Result<std::filesystem::path> kernel_requirements_tree(const std::vector<LockedDistribution>& wheels,
                                                       const std::string& inside, StepContext& context);

}  // namespace tmplbuild
