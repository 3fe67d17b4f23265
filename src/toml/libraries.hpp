// SPDX-License-Identifier: Apache-2.0
// The library behind this room, with its version. For `--version` (base/libraries.hpp says why).
#pragma once

#include <string>
#include <vector>

namespace tmplbuild {

std::vector<std::string> toml_libraries();

}  // namespace tmplbuild
