// SPDX-License-Identifier: Apache-2.0
// Trees that stay unpacked in the store between builds, each with a digest of what stat(2) and the extended attributes
// say of everything in it. A tree is trusted as long as that digest fits: one that was copied without modes, owners or
// times, or that somebody wrote into, is made again (docs/decisions/0005-kept-trees.md). Used by every step that keeps
// a tree. Never reads the content of files.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "store/store.hpp"

namespace tmplbuild {

// A digest of everything below a folder (names, types, modes, owners, sizes, times to the second, links, devices,
// attributes) and of the folder itself, except its time.
Result<Digest> tree_digest(const std::filesystem::path& tree);

// The path of the tree of that name; none where it is not there, or not as it was kept.
std::optional<std::filesystem::path> find_kept_tree(const Store& store, const std::string& name);

// Moves `tree`, which lies in the store's temporary folder, to its name, and returns the new path. Thread-safe, and
// safe beside other processes: where one of them kept a tree of that name in the meantime, that one is returned.
Result<std::filesystem::path> keep_tree(const Store& store, const std::filesystem::path& tree, const std::string& name);

}  // namespace tmplbuild
