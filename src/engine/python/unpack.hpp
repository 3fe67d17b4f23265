// SPDX-License-Identifier: Apache-2.0
// Parts of a venv on disk, in a folder of our own: the sources that become bytecode, and the throwaway venv in which an
// sdist is built. What an image gets is never unpacked: see layers.hpp. Writes new files only, follows no link.
#pragma once

#include <filesystem>
#include <functional>

#include "engine/python/wheel.hpp"

namespace tmplbuild {

// The files of the wheel that are not left out and for which `wanted` says yes, below `root` (the venv's), checked
// against their hashes. Two calls for different wheels may run at once.
Result<void> unpack_wheel(const Wheel& wheel, const std::filesystem::path& root,
                          const std::function<bool(const WheelFile&)>& wanted);
Result<void> unpack_skeleton(const std::vector<VenvFile>& skeleton, const std::filesystem::path& root);

}  // namespace tmplbuild
