// SPDX-License-Identifier: Apache-2.0
// Unpacks one layer into one directory that an overlay mount takes as a lower directory. Used by the sandbox. OCI
// whiteouts (image-spec 1.1, layer.md) become those of overlayfs: a character device 0/0, and
// trusted.overlay.opaque="y". What a layer puts below a link, its own or one of the layers below, goes where that link
// leads inside the root, as in containerd and umoci. Never writes outside of the directory, whatever the layer says.
#pragma once

#include <filesystem>
#include <vector>

#include "base/error.hpp"
#include "store/store.hpp"

namespace tmplbuild {

struct Unpacked {
    bool leans_on_below = false;  // over other layers, the same layer would give another directory
};

// `directory` must exist, be empty, and be writable by nobody else. Owners, modes, times, hard links, devices,
// security.capability, user.* attributes and POSIX ACLs are kept; other attributes (labels, an overlay's own) are not.
// Needs root. `below` are the directories of the lower layers, bottom first: a folder that the layer uses but does not
// list gets its owner, mode and time from there, else 0755 root:root, and a file there that the layer links to is
// copied. The content is checked against the diff ID; after an error the directory holds garbage, so callers unpack
// into a temporary one and rename it. Nothing is fsynced.
Result<Unpacked> unpack_layer(const Store& store, const BuiltLayer& layer, const std::filesystem::path& directory,
                              const std::vector<std::filesystem::path>& below = {});

}  // namespace tmplbuild
