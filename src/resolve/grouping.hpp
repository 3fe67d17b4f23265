// SPDX-License-Identifier: Apache-2.0
// Which distributions share a layer: about 0.5 to 1.5 GB of wheels each, the large and rarely changing ones apart, so
// that one changed package moves one layer. Used when a venv is resolved. Stable: what had a group keeps it.
#pragma once

#include <vector>

#include "resolve/lock.hpp"

namespace tmplbuild {

// Sets `group` (0 … n-1, image order: large and stable first) of every distribution, from sizes and names alone;
// `earlier` fixes the groups of those that it names.
void assign_groups(std::vector<LockedDistribution>& distributions, const std::vector<LockedDistribution>& earlier);

}  // namespace tmplbuild
