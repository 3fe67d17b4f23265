// SPDX-License-Identifier: Apache-2.0
// A layer that is known before it is made lists the folders above its files, and so takes away a link of that name in
// a layer below, with all that is reached through it. Of the base's links the plan knows those near the root; this
// looks at all of them, and at those that `run` steps made. Used by every build before an image is written. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "kernel/layer_index.hpp"

namespace tmplbuild {

struct ReplacedLink {
    std::size_t layer = 0;  // that replaces it
    std::string folder;     // the path, without a leading slash
    std::string leads_to;   // where the link of the layers below led
    bool operator==(const ReplacedLink&) const = default;
};

// In the layers from `first` on, bottom first. A command that took a link away and made a folder meant it: its layer
// says that the folder's older content is gone.
std::vector<ReplacedLink> find_replaced_links(const std::vector<const kernel::LayerIndex*>& layers, std::size_t first);

}  // namespace tmplbuild
