// SPDX-License-Identifier: Apache-2.0
// Which Debian packages a stack of layers has, read from the layers themselves. Used when apt steps are resolved. Never
// unpacks a layer to disk.
#pragma once

#include <string>
#include <vector>

#include "store/store.hpp"

namespace tmplbuild {

// The topmost var/lib/dpkg/status; empty when no layer has one, in which case dpkg would say that nothing is installed.
Result<std::string> dpkg_status(const Store& store, const std::vector<BuiltLayer>& layers);

}  // namespace tmplbuild
