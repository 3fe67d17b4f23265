// SPDX-License-Identifier: Apache-2.0
// Finds one sdist by project and exact version in the machine's own indexes and find-links: the source of a kernel.
// Used while locking; fetch_distributions() fetches it again from the lock's facts. Never resolves the project's
// dependencies, never builds it, never keeps an address.
#pragma once

#include <string>

#include "resolve/context.hpp"
#include "resolve/lock.hpp"

namespace tmplbuild {

// The file is in the store afterwards. `project` is a normalized name. Where no place has it, or has only wheels: a
// usage error with what each place has. `step` is for progress and messages.
Result<LockedDistribution> resolve_sdist(const std::string& step, const std::string& project,
                                         const std::string& version, ResolveContext& context);

}  // namespace tmplbuild
