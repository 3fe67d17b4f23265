// SPDX-License-Identifier: Apache-2.0
// The SHA-256 of a whole file. Used by the builder and the pod's kernel job. It is not part of file.hpp, so that a
// program that only reads and writes files does not link a cryptographic library. Never keeps the content.
#pragma once

#include <filesystem>
#include <string>

#include "base/digest.hpp"
#include "base/error.hpp"

namespace tmplbuild::sys {

Result<Digest> hash_file(const std::filesystem::path& file);
// Hashes from the current position of an open file to its end; `name` is for errors only.
Result<Digest> hash_open_file(int fd, const std::string& name);

}  // namespace tmplbuild::sys
