// SPDX-License-Identifier: Apache-2.0
// The pod's status as text for a terminal, made from the snapshot's JSON. Control characters are made visible, since a
// name or a reason must not move the cursor. Used by main.cpp. Pure.
#pragma once

#include <string>

#include "base/json.hpp"

namespace tmplbuild::ctl {

std::string show_status(const json::object& snapshot);

}  // namespace tmplbuild::ctl
