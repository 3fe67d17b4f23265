// SPDX-License-Identifier: Apache-2.0
// Directories on disk → layers: a whole root file system (a base), or the upper directory of an overlay as a diff
// layer with OCI whiteouts. Used by base, apt and run steps. Owners, modes, xattrs (security.capability and user.*)
// and hard links are kept; times are clamped by the given function. Never follows a symlink.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "pack/layer_writer.hpp"

namespace tmplbuild {

struct TreePackOptions {
    PackOptions pack;
    std::int64_t mtime_ceiling = default_mtime;  // later times become this; earlier than 1980 become 1980
    // Paths (no leading slash) to leave out, with all below: caches, logs, mount points (the scrub list).
    std::function<bool(const std::string& path, bool is_directory)> skip{};
    // The tree is an overlay's upper directory: its whiteouts and opaque folders become the layer's
    // (Documentation/filesystems/overlayfs.rst, "whiteouts and opaque directories"; image-spec 1.1, layer.md).
    bool overlay_upper = false;
};

Result<BuiltLayer> pack_tree(const Store& store, const std::filesystem::path& root, const TreePackOptions& options);

}  // namespace tmplbuild
