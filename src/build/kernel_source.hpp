// SPDX-License-Identifier: Apache-2.0
// A kernel's source tree, laid into a folder of its own for one compile. Used by the kernel step alone. Never writes to
// the user's folder.
#pragma once

#include <filesystem>

#include "build/step_context.hpp"

namespace tmplbuild {

// Fills the empty folder `to` and checks that it is what the plan saw.
Result<void> lay_kernel_source(const KernelSpec& spec, const std::filesystem::path& to, StepContext& context);

}  // namespace tmplbuild
