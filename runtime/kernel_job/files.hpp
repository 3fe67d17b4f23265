// SPDX-License-Identifier: Apache-2.0
// Hashes and copies trees of plain files and folders, as variants are. Used by the kernel job; src/sys only has single
// files. Never follows a link out of a tree.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/digest.hpp"
#include "base/error.hpp"

namespace tmplbuild::job {

namespace fs = std::filesystem;

// The digest of each regular file below `folder`; anything but files and folders is an error.
Result<std::map<std::string, Digest>> hash_tree(const fs::path& folder);
// Copies files, folders and links, and syncs the files. Does not compare: callers hash the copy.
Result<void> copy_tree(const fs::path& from, const fs::path& to);

}  // namespace tmplbuild::job
