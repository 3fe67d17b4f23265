// SPDX-License-Identifier: Apache-2.0
// Adds the links that NVIDIA's wheels leave out of a toolkit. Used by the builder and by the pod's kernel job when they
// unpack a toolkit from wheels. Never fetches or unpacks one.
#pragma once

#include <filesystem>

#include "base/error.hpp"

namespace tmplbuild {

// A wheel holds libcudart.so.13 alone; `-lcudart` looks for libcudart.so, which a toolkit's package has as a link. This
// makes each link that `folder` lacks.
Result<void> link_libraries(const std::filesystem::path& folder);

}  // namespace tmplbuild
