// SPDX-License-Identifier: Apache-2.0
// Decides which distributions share a layer: the large and rarely changing ones apart (0.5 to 1.5 GB), the others by
// size, so that a wheel that is added or changed changes a layer of about its own kind: 50 MB for a small one, 200 MB
// for a middle one. Used when a venv is resolved. Stable: members keep their groups.
#pragma once

#include <vector>

#include "resolve/lock.hpp"

namespace tmplbuild {

// Sets `group` (0 … n-1, image order: large and stable first) of every distribution, from sizes and names alone; those
// that `earlier` names keep its groups.
void assign_groups(std::vector<LockedDistribution>& distributions, const std::vector<LockedDistribution>& earlier);

}  // namespace tmplbuild
