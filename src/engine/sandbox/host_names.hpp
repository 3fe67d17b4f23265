// SPDX-License-Identifier: Apache-2.0
// The files of /etc that the sandbox gives to every container: their text, and where in the image they really lie. Used
// by the runc sandbox, which mounts them over the image's, so that none of them is ever in a layer. Touches no file
// itself.
#pragma once

#include <string>

#include "pack/stacked_trees.hpp"

namespace tmplbuild {

// The text of /etc/hosts (hosts(5)): localhost by both protocols, the names for IPv6, and the container's own name.
std::string hosts_text(const std::string& host_name);
// Where `path` (absolute) leads: an image may have a link there, and then the mount point is its target. Links in a
// circle lead to `path` itself.
std::string real_place(const StackedTrees& image, const std::string& path);

}  // namespace tmplbuild
