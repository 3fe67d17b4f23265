// SPDX-License-Identifier: Apache-2.0
// Unpacks wheels into a folder of our own, for throwaway venvs and kernels' fallbacks. A venv of an image is never
// unpacked: see layers.hpp. Writes new files only, follows no link.
#pragma once

#include <filesystem>
#include <functional>

#include "engine/python/wheel.hpp"

namespace tmplbuild {

// Unpacks the wheel's files below `root` (the venv's), except those that are left out and those for which `wanted`
// returns false; each is checked against its hash. Two calls for different wheels may run at once.
Result<void> unpack_wheel(const Wheel& wheel, const std::filesystem::path& root,
                          const std::function<bool(const WheelFile&)>& wanted);
Result<void> unpack_skeleton(const std::vector<VenvFile>& skeleton, const std::filesystem::path& root);

}  // namespace tmplbuild
