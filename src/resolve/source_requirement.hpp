// SPDX-License-Identifier: Apache-2.0
// A requirement that names sources: finds their commit, puts their archive into the store, and finds out what they are.
// Used by direct_files.cpp. Never builds anything: what the files do not say, its caller asks the build backend.
#pragma once

#include "resolve/direct_files.hpp"

namespace tmplbuild {

// `earlier` is what the lock held; a branch or a tag keeps the commit that it had then. The result has no link yet.
// Usage errors: a repository, branch, tag or folder that does not exist, sources that do not tell their name.
Result<DirectFile> take_sources(const AskedRequirement& asked, const std::vector<LockedDistribution>& earlier,
                                const AskBackend& ask, ResolveContext& context);

}  // namespace tmplbuild
