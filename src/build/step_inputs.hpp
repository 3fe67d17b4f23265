// SPDX-License-Identifier: Apache-2.0
// What a step needs from outside and the store lacks: packages, wheels, commits, fetched files, each checked against
// its hash. Called right before a step is built, so that a step in the store costs no network.
#pragma once

#include "build/step_context.hpp"

namespace tmplbuild {

Result<void> fetch_inputs(const Step& step, StepContext& context);

}  // namespace tmplbuild
