// SPDX-License-Identifier: Apache-2.0
// A layer that is known before it is made lists the folders above its files, and so replaces a link of that name in a
// layer below, which hides everything that is reached through the link. The plan knows the base's links near the root;
// this finds all of them, and those that `run` steps made. Used by every build before an image is written. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "kernel/layer_index.hpp"

namespace tmplbuild {

struct ReplacedLink {
    std::size_t layer = 0;  // the layer that replaces the link
    std::string folder;     // the path, without a leading slash
    std::string leads_to;   // where the link of the layers below led
    bool operator==(const ReplacedLink&) const = default;
};

// Looks at the layers from `first` on, bottom first. A command that replaced a link by a folder did so on purpose: its
// layer says that the folder's older content is gone, and is not reported.
std::vector<ReplacedLink> find_replaced_links(const std::vector<const kernel::LayerIndex*>& layers, std::size_t first);

}  // namespace tmplbuild
