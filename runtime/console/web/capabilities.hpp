// SPDX-License-Identifier: Apache-2.0
// What this pod has, for scripts and agents: the answer of GET /api/capabilities, made from the view. Pure.
#pragma once

#include <string>

#include "base/json.hpp"

namespace tmplbuild::console {

json::object capabilities_of(const json::object& view, const std::string& version);

}  // namespace tmplbuild::console
