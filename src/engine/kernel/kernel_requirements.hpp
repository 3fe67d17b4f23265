// SPDX-License-Identifier: Apache-2.0
// What a kernel's recipe asks for at compile time alone ([build] requirements), as a venv that a compile is given
// read-only and no image ever holds. Kept in the store under the wheels' digests.
#pragma once

#include <filesystem>

#include "engine/python/venv_place.hpp"
#include "engine/step_context.hpp"

namespace tmplbuild {

// Where the compile sees it, always the same, since scripts of a venv name their own path.
inline constexpr const char* kernel_requirements_inside = "/usr/local/lib/kernel-requirements";

// The folder on this machine. The base must have a Python, and the wheels must be in the store.
Result<std::filesystem::path> kernel_requirements_tree(const std::vector<LockedDistribution>& wheels,
                                                       StepContext& context);

}  // namespace tmplbuild
