// SPDX-License-Identifier: Apache-2.0
// Makes a flat apt repository of exactly the locked packages from the store, so that apt can choose nothing else. Used
// by the base and apt steps. Never fetches.
#pragma once

#include <filesystem>
#include <vector>

#include "engine/step_context.hpp"

namespace tmplbuild {

// Fills `folder` (on the store's file system) and returns the newest of the packages' own times, in seconds: no file
// that comes from a package is newer.
Result<std::int64_t> make_package_repository(const std::filesystem::path& folder, const std::string& suite,
                                             const std::vector<LockedPackage>& packages, StepContext& context);

}  // namespace tmplbuild
