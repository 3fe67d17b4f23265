// SPDX-License-Identifier: Apache-2.0
// Files as the kernel job needs them: read, written whole, hashed, copied and removed as trees. Never follows a link
// out of a tree: variants are plain files and folders.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/digest.hpp"
#include "base/error.hpp"

namespace tmplbuild::job {

namespace fs = std::filesystem;

Result<std::string> read_text(const fs::path& file, std::size_t limit = 8U << 20);
// Write, fsync, rename: the file is there whole or as it was.
Result<void> write_whole(const fs::path& file, std::string_view content);
Result<void> make_folders(const fs::path& folder);
// Regular files below `folder` with their digests; anything but files and folders is an error.
Result<std::map<std::string, Digest>> hash_tree(const fs::path& folder);
// Copies and syncs; hashes what it wrote.
Result<void> copy_tree(const fs::path& from, const fs::path& to);
void remove_quietly(const fs::path& path);
Result<void> rename_path(const fs::path& from, const fs::path& to);

}  // namespace tmplbuild::job
