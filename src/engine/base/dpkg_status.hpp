// SPDX-License-Identifier: Apache-2.0
// What Debian packages a stack of layers has, read from the layers themselves. Used when apt steps are resolved. Never
// unpacks a layer to disk.
#pragma once

#include <string>
#include <vector>

#include "store/store.hpp"

namespace tmplbuild {

// The topmost var/lib/dpkg/status; empty when no layer has one (nothing is installed then, as far as dpkg knows).
Result<std::string> dpkg_status(const Store& store, const std::vector<BuiltLayer>& layers);

}  // namespace tmplbuild
