// SPDX-License-Identifier: Apache-2.0
// The content of a tar or zip archive as entries of a known layer. Used by the fetch step. Names that lead elsewhere
// are errors; owners become root; modes keep their executable bit alone; times and devices are dropped.
#pragma once

#include <filesystem>
#include <string>

#include "pack/entry_set.hpp"

namespace tmplbuild {

// `strip`: leading parts dropped from every name. File contents are kept below `work` until the set is written.
Result<void> add_archive(EntrySet& set, const std::filesystem::path& archive, const std::string& dest,
                         std::uint32_t strip, const std::filesystem::path& work);

}  // namespace tmplbuild
