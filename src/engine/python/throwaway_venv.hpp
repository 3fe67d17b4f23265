// SPDX-License-Identifier: Apache-2.0
// Lays out a whole venv on disk from wheels in the store, for programs that run during the build and never reach an
// image: the builders of sdists, and what a kernel's compile needs. Writes into a folder of our own alone.
#pragma once

#include <filesystem>
#include <vector>

#include "engine/python/venv_place.hpp"
#include "resolve/lock.hpp"
#include "store/store.hpp"

namespace tmplbuild {

// Raised when the same wheels are laid out in another way: part of every key of what such a venv makes.
inline constexpr int throwaway_venv_form = 2;  // 2: with RECORD

// Fills the folder `root`, which commands will see at place.root(), with complete dist-info folders (RECORD too). The
// wheels must be in the store.
Result<void> lay_throwaway_venv(const std::vector<LockedDistribution>& wheels, const VenvPlace& place,
                                const PythonFacts& python, const std::filesystem::path& root, const Store& store);

}  // namespace tmplbuild
