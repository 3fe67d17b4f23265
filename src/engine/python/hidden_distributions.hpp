// SPDX-License-Identifier: Apache-2.0
// Removes distributions from a venv for one compile, which must not see what its variant's key does not name. Used by
// the kernel step on its sandbox's own view; layers and the image do not change.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild {

// `root`: the sandbox's view, writable. `site_packages`: below it, without a leading slash. `names`: in the lock's
// spelling. Files that RECORD names are removed, except those that a remaining distribution has too.
Result<void> hide_distributions(const std::filesystem::path& root, const std::string& site_packages,
                                const std::vector<std::string>& names);

}  // namespace tmplbuild
