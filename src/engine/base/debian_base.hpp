// SPDX-License-Identifier: Apache-2.0
// Makes a Debian root file system from locked packages: mmdebstrap installs it from the store alone (no network), then
// it is scrubbed, packed and measured. Used by the base step. The same packages give the same bytes on any machine.
#pragma once

#include "engine/step_context.hpp"

namespace tmplbuild {

// Returns one layer and the facts {"contract": BaseContract}.
Result<StepOutput> build_debian_base(const BaseSpec& spec, StepContext& context);

}  // namespace tmplbuild
