// SPDX-License-Identifier: Apache-2.0
// A Debian root file system from locked packages: installed by mmdebstrap from the store alone (no network), scrubbed,
// packed, and measured. Used by the base step. The same packages give the same bytes on any machine.
#pragma once

#include "engine/step_context.hpp"

namespace tmplbuild {

// One layer; facts: {"contract": BaseContract}.
Result<StepOutput> build_debian_base(const BaseSpec& spec, StepContext& context);

}  // namespace tmplbuild
