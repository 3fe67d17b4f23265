// SPDX-License-Identifier: Apache-2.0
// One layer → one directory that an overlay mount takes as a lower directory. Used by the sandbox. OCI whiteouts
// (image-spec 1.1, layer.md) become what overlayfs knows: a character device 0/0, and trusted.overlay.opaque="y".
// What a layer puts below a link, its own or one of the layers below, goes where that link leads inside the root, as
// containerd and umoci have it. Never writes outside of the directory, whatever the layer says.
#pragma once

#include <filesystem>
#include <vector>

#include "base/error.hpp"
#include "store/store.hpp"

namespace tmplbuild {

struct Unpacked {
    bool leans_on_below = false;  // over other layers the same layer would be another directory
};

// `directory` must be there and empty, and nobody else's to write to. Owners, modes, times, hard links, devices,
// security.capability, user.* attributes and POSIX ACLs are kept; other attributes (labels, an overlay's own) are not.
// Needs root. `below` are the directories of the lower layers, bottom first: a folder that the layer uses but does not
// list is as it is there (owner, mode and time), else 0755 root:root, and a file there that the layer links to comes
// along. Content is checked against the diff ID; after an error the directory holds garbage, so unpack into a temporary
// one and rename it. Nothing is fsynced.
Result<Unpacked> unpack_layer(const Store& store, const BuiltLayer& layer, const std::filesystem::path& directory,
                              const std::vector<std::filesystem::path>& below = {});

}  // namespace tmplbuild
