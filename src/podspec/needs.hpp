// SPDX-License-Identifier: Apache-2.0
// What services need of each other: circles in it, which no start can begin. Used by the check of pod.json and by that
// of a template. Pure.
#pragma once

#include <string>
#include <vector>

#include "podspec/service.hpp"

namespace tmplbuild::pod {

// Each circle once, as the names on its way; the first one stands at the end again. A need that no service has is left
// out.
std::vector<std::vector<std::string>> circles_of_needs(const std::vector<const Service*>& services);

}  // namespace tmplbuild::pod
