// SPDX-License-Identifier: Apache-2.0
// Takes distributions out of a venv as one compile sees it: what a variant's key does not name is not there. Used by
// the kernel step on its sandbox's own view; layers and the image stay as they are.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild {

// `root`: the sandbox's view, writable. `site_packages`: below it, without a leading slash. `names`: as the lock spells
// them. Files that RECORD names go, but those that a distribution which stays has as well.
Result<void> hide_distributions(const std::filesystem::path& root, const std::string& site_packages,
                                const std::vector<std::string>& names);

}  // namespace tmplbuild
