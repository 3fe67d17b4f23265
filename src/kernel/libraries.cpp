// SPDX-License-Identifier: Apache-2.0
#include "kernel/libraries.hpp"

#include <lz4.h>

namespace tmplbuild::kernel {

std::vector<std::string> libraries() { return {std::string("LZ4 ") + LZ4_versionString()}; }

}  // namespace tmplbuild::kernel
