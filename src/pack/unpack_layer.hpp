// SPDX-License-Identifier: Apache-2.0
// One layer → one directory that an overlay mount takes as a lower directory. Used by the sandbox. OCI whiteouts
// (image-spec 1.1, layer.md) become what overlayfs knows: a character device 0/0, and trusted.overlay.opaque="y".
// What a layer puts below one of its own links goes where that link leads inside the directory. Never writes outside of
// it, whatever the layer says.
#pragma once

#include <filesystem>
#include <vector>

#include "base/error.hpp"
#include "store/store.hpp"

namespace tmplbuild {

// `directory` must be there and empty, and nobody else's to write to. Owners, modes, times, hard links, devices,
// security.capability, user.* attributes and POSIX ACLs are kept; other attributes (labels, an overlay's own) are not.
// Needs root. A folder that the layer uses but does not list is taken from the topmost of `below` that has it (owner
// and mode; directories of lower layers, bottom first), else it is 0755 root:root. Content is checked against the diff
// ID; after an error the directory holds garbage, so unpack into a temporary one and rename it. Nothing is fsynced.
Result<void> unpack_layer(const Store& store, const BuiltLayer& layer, const std::filesystem::path& directory,
                          const std::vector<std::filesystem::path>& below = {});

}  // namespace tmplbuild
