// SPDX-License-Identifier: Apache-2.0
// The content of a tar or zip archive as entries of a known layer. Used by the fetch step and for kernels' sources. A
// name that leads out of the archive is an error; of a name that comes twice the later entry counts, as in tar; owners
// become root; only the executable bit of modes is kept; times are dropped; devices, and files for which the disk has
// no room, are errors.
#pragma once

#include <filesystem>
#include <string>

#include "pack/entry_set.hpp"

namespace tmplbuild {

// `strip`: how many leading parts are dropped from every name. File contents stay below `work` until the set is
// written.
Result<void> add_archive(EntrySet& set, const std::filesystem::path& archive, const std::string& dest,
                         std::uint32_t strip, const std::filesystem::path& work);

// Unpacks into the empty folder `to`, for use on this machine alone: modes become 0644 and 0755. Nothing is written
// through a link of the archive.
Result<void> unpack_archive(const std::filesystem::path& archive, const std::filesystem::path& to, std::uint32_t strip);

}  // namespace tmplbuild
