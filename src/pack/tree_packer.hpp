// SPDX-License-Identifier: Apache-2.0
// Packs directories on disk into layers: a whole root file system (a base), or the upper directory of an overlay as a
// diff layer with OCI whiteouts. Used by the steps that run programs in a root. Owners, modes, xattrs
// (security.capability and user.*) and hard links are kept; times are clamped; sockets and an overlay's own attributes
// are left out. Never follows a symlink.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "pack/layer_writer.hpp"

namespace tmplbuild {

struct TreePackOptions {
    PackOptions pack;
    std::int64_t mtime_ceiling = default_mtime;  // later times become this; times before 1980 become 1980
    // Paths (no leading slash) to leave out, with all below: caches, logs, mount points (the scrub list).
    std::function<bool(const std::string& path, bool is_directory)> skip{};
    // The root is the upper directory of an overlay mount, made with redirect_dir=off and metacopy=off (a trace of
    // either is a build_error). Its whiteouts and opaque folders become those of a layer; deletions of paths that
    // `skip` names are left out like the paths.
    bool overlay_upper = false;
    // Whether the layers below have something at a path. The kernel marks every new folder of a mount as opaque, which
    // would hide the files that a layer which the commands did not see has there. With this function, only folders that
    // replace something stay opaque; without it, all do.
    std::function<bool(const std::string& path)> is_below{};
};

Result<BuiltLayer> pack_tree(const Store& store, const std::filesystem::path& root, const TreePackOptions& options);

}  // namespace tmplbuild
