// SPDX-License-Identifier: Apache-2.0
// A requirement that names sources: their commit found, their archive in the store, and what they are. Used by
// direct_files.cpp. Never builds anything: what the files do not say, the build backend is asked by its caller.
#pragma once

#include "resolve/direct_files.hpp"

namespace tmplbuild {

// `earlier`: what the lock held; a branch or a tag stands for the commit that it stood for then. No link yet. Usage
// errors: a repository, branch, tag or folder that is not there, sources that do not say their name.
Result<DirectFile> take_sources(const AskedRequirement& asked, const std::vector<LockedDistribution>& earlier,
                                const AskBackend& ask, ResolveContext& context);

}  // namespace tmplbuild
