// SPDX-License-Identifier: Apache-2.0
// The times of a zip's members as its central directory holds them (APPNOTE.TXT 6.3.10, 4.3.12 and 4.4.6). libzip
// converts them by mktime(3), which moves times that this machine's zone skips; layers must not depend on that. Used by
// zip.cpp alone. Reads no content.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild::io {

// Seconds, with the DOS time read as UTC, in the order of the central directory; a date that does not exist becomes
// 1980. An error where there are not exactly `count` members, since two readers of one archive must see the same.
Result<std::vector<std::int64_t>> read_zip_times(const std::filesystem::path& file, std::uint64_t count);

}  // namespace tmplbuild::io
