// SPDX-License-Identifier: Apache-2.0
// A layer → a folder that serves as an overlayfs lower directory: owners, modes, times, xattrs, hard links and devices
// as they are; OCI whiteouts (image-spec 1.1, layer.md) as overlayfs has them. Used by the sandbox. Never follows a
// link: whatever a layer holds, nothing outside the folder is written.
#pragma once

#include <filesystem>

#include "io/archive.hpp"
#include "store/store.hpp"

namespace tmplbuild {

// `directory` must exist and be empty. Needs root, since files have owners.
Result<void> unpack_layer(const Store& store, const BuiltLayer& layer, const std::filesystem::path& directory);

// Any other archive, over what `directory` holds; names that whiteouts have are plain names there too.
Result<void> unpack_archive(io::ArchiveReader& reader, const std::filesystem::path& directory);

}  // namespace tmplbuild
