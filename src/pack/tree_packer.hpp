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
    std::function<bool(const std::string& path, bool is_directory)> skip;
};

Result<BuiltLayer> pack_tree(const Store& store, const std::filesystem::path& root, const TreePackOptions& options);

// Overlay conventions (kernel Documentation/filesystems/overlayfs.rst): char device 0/0 → ".wh.<name>", opaque
// xattr (trusted. or user.) → ".wh..wh..opq" (OCI image-spec layer.md). Folders of the lower tree whose metadata did
// not change and hold nothing new are left out. redirect_dir and metacopy xattrs are errors.
Result<BuiltLayer> pack_overlay_diff(const Store& store, const std::filesystem::path& upper,
                                     const TreePackOptions& options);

// Unpacks a layer's blob over `into` with whiteouts applied as deletions (for lower directories of a sandbox use
// `as_overlay_lower`, which turns them into overlay whiteouts instead). Refuses names with "..", absolute hard link
// targets and writes through symlinked parents out of `into`; owners need root, else they are left out.
struct UnpackOptions {
    bool as_overlay_lower = false;
};
Result<void> unpack_layer(const std::filesystem::path& blob, Compression compression, const std::filesystem::path& into,
                          const UnpackOptions& options);

}  // namespace tmplbuild
