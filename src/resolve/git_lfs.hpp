// SPDX-License-Identifier: Apache-2.0
// Git LFS's pointer files (git-lfs-pointer, docs/spec.md version 1), which a repository holds in place of large files.
// Used by git.cpp to report that the files themselves are missing. Pure. Never fetches them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tmplbuild {

inline constexpr std::uint64_t largest_lfs_pointer = 1024;  // bytes; the specification's limit

// The size in bytes of the file for which the pointer stands; none where the text is no pointer.
std::optional<std::uint64_t> lfs_pointer_size(std::string_view text);

}  // namespace tmplbuild
