// SPDX-License-Identifier: Apache-2.0
// The content of a tar or zip archive as entries of a known layer. Used by the fetch step. Names that lead elsewhere
// are errors; of a name that comes twice the later one counts, as tar unpacks it; owners become root; modes keep their
// executable bit alone; times are dropped; devices, and files for which the disk has no room, are errors.
#pragma once

#include <filesystem>
#include <string>

#include "pack/entry_set.hpp"

namespace tmplbuild {

// `strip`: leading parts dropped from every name. File contents are kept below `work` until the set is written.
Result<void> add_archive(EntrySet& set, const std::filesystem::path& archive, const std::string& dest,
                         std::uint32_t strip, const std::filesystem::path& work);

// The same into the empty folder `to`, for what is only read here: modes 0644 and 0755. Nothing is written through a
// link of the archive.
Result<void> unpack_archive(const std::filesystem::path& archive, const std::filesystem::path& to, std::uint32_t strip);

}  // namespace tmplbuild
