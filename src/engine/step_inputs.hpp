// SPDX-License-Identifier: Apache-2.0
// What a step needs from outside and the store lacks: packages, wheels, commits, fetched files, each checked against
// its hash. Called right before a step is built, so that a step in the store costs no network.
#pragma once

#include "engine/step_context.hpp"
#include "resolve/base_apt.hpp"

namespace tmplbuild {

Result<void> fetch_inputs(const Step& step, StepContext& context);

// What the record of a base step that was not made from packages says of the base's own apt.
Result<BaseApt> apt_of_base(const json::object& facts);

}  // namespace tmplbuild
