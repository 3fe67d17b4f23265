// SPDX-License-Identifier: Apache-2.0
// Fetches what a step needs from outside and the store lacks: packages, wheels, commits, files, each checked against
// its hash. Called right before a step is built, so that a step in the store needs no network.
#pragma once

#include "engine/step_context.hpp"
#include "resolve/base_apt.hpp"

namespace tmplbuild {

Result<void> fetch_inputs(const Step& step, StepContext& context);

// What the record of a base step says of the base's own apt, where the base was not made from packages.
Result<BaseApt> apt_of_base(const json::object& facts);

}  // namespace tmplbuild
