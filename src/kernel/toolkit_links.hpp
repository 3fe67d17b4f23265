// SPDX-License-Identifier: Apache-2.0
// What NVIDIA's wheels leave out of a toolkit. Used where a toolkit is laid out of them: by the builder, and by the job
// that compiles on a pod. Never fetches or unpacks one.
#pragma once

#include <filesystem>

#include "base/error.hpp"

namespace tmplbuild {

// A wheel holds libcudart.so.13 alone; `-lcudart` looks for libcudart.so, which a toolkit's package has as a link.
// Makes each that `folder` lacks.
Result<void> link_libraries(const std::filesystem::path& folder);

}  // namespace tmplbuild
