// SPDX-License-Identifier: Apache-2.0
// The files of /etc that an engine lends to every container: their text, and where in the image they really lie. Used
// by the runc sandbox. Lent files are mounted over the image's, so that none of them is ever in a layer.
#pragma once

#include <string>

#include "pack/stacked_trees.hpp"

namespace tmplbuild {

// /etc/hosts as hosts(5) has it: localhost by both protocols, the names for IPv6, and the container's own.
std::string hosts_text(const std::string& host_name);
// Where `path` (absolute) leads: an image may have it as a link, whose target then is the mount point. One in circles
// is its own.
std::string real_place(const StackedTrees& image, const std::string& path);

}  // namespace tmplbuild
