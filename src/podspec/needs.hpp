// SPDX-License-Identifier: Apache-2.0
// Finds circles in what services need of each other, since no start could begin there. Used by the check of pod.json
// and by that of a template. Pure.
#pragma once

#include <string>
#include <vector>

#include "podspec/service.hpp"

namespace tmplbuild::pod {

// Each circle once, as the names along it; its first name stands at the end again. A need for which there is no service
// is ignored.
std::vector<std::vector<std::string>> circles_of_needs(const std::vector<const Service*>& services);

}  // namespace tmplbuild::pod
