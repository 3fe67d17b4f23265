// SPDX-License-Identifier: Apache-2.0
// The libraries behind this room, and those behind them where they say so, with their versions. For `--version`
// (base/libraries.hpp says why).
#pragma once

#include <string>
#include <vector>

namespace tmplbuild::io {

std::vector<std::string> libraries();

}  // namespace tmplbuild::io
