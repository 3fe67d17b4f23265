// SPDX-License-Identifier: Apache-2.0
// Digests of the programs that ship with tmplbuild and go into every image: some 13 MB, which an unchanged build would
// otherwise hash each time. Used by local_facts.cpp. Never for files that users change: see resolve/file_digest.hpp.
#pragma once

#include <filesystem>

#include "store/store.hpp"

namespace tmplbuild {

// The store remembers it under the file's identity: device, inode, size and both times, to the nanosecond. A file that
// was changed within the last two seconds is hashed and not remembered, since a later change might leave the same
// times.
Result<Digest> digest_program(const std::filesystem::path& file, const Store& store);

}  // namespace tmplbuild
