// SPDX-License-Identifier: Apache-2.0
// Trees of plain files and folders, as variants are: hashed and copied. Used by the kernel job beside src/sys, which
// has the files alone. Never follows a link out of a tree.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/digest.hpp"
#include "base/error.hpp"

namespace tmplbuild::job {

namespace fs = std::filesystem;

// Regular files below `folder` with their digests; anything but files and folders is an error.
Result<std::map<std::string, Digest>> hash_tree(const fs::path& folder);
// Copies and syncs; hashes what it wrote.
Result<void> copy_tree(const fs::path& from, const fs::path& to);

}  // namespace tmplbuild::job
