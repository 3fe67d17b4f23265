// SPDX-License-Identifier: Apache-2.0
// One sdist by project and exact version, as the machine's own indexes and find-links have it: the source of a kernel.
// Used while locking; fetch_distributions() gets it again by the lock. Never resolves what the project depends on,
// never builds it, never keeps an address.
#pragma once

#include <string>

#include "resolve/context.hpp"
#include "resolve/lock.hpp"

namespace tmplbuild {

// The file is in the store. `project` in its one form. One that no place has, or has as wheels alone: a usage error
// with what each place has instead. `step`: for progress and messages.
Result<LockedDistribution> resolve_sdist(const std::string& step, const std::string& project,
                                         const std::string& version, ResolveContext& context);

}  // namespace tmplbuild
