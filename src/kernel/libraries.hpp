// SPDX-License-Identifier: Apache-2.0
// The libraries behind this room, with their versions. For `--version`
// (base/libraries.hpp says why).
#pragma once

#include <string>
#include <vector>

namespace tmplbuild::kernel {

std::vector<std::string> libraries();

}  // namespace tmplbuild::kernel
