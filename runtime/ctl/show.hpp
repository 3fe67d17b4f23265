// SPDX-License-Identifier: Apache-2.0
// The pod's status as a person reads it in a terminal, from the snapshot's JSON. Control characters are left out: a
// name or reason must not move the cursor.
#pragma once

#include <string>

#include "base/json.hpp"

namespace tmplbuild::ctl {

std::string show_status(const json::object& snapshot);

}  // namespace tmplbuild::ctl
