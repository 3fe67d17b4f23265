// SPDX-License-Identifier: Apache-2.0
// Decides which distributions share a layer: the large and rarely changing ones apart (up to 1.5 GB), the others in
// groups of 13 MB at most, so that a wheel that is changed or removed moves a layer of 30 MB at most, bytecode
// included, and one that is added moves about half of that. Used when a venv is resolved. Stable: members keep their
// groups.
#pragma once

#include <cstddef>
#include <vector>

#include "resolve/lock.hpp"

namespace tmplbuild {

// How many groups all venvs of an image may have together, since it has 120 layers at most. A venv with torch
// has about 20.
inline constexpr std::size_t most_groups = 48;

// Sets `group` (0 … n-1, image order: large and stable first) of every distribution, from sizes, names and hashes
// alone; those that `earlier` names keep its groups, unless they changed and their group is too large for them.
// `venvs`: how many the image has. Where the groups would be too many for it, they become larger.
void assign_groups(std::vector<LockedDistribution>& distributions, const std::vector<LockedDistribution>& earlier,
                   std::size_t venvs = 1);

}  // namespace tmplbuild
