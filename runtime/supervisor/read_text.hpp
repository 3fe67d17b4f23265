// SPDX-License-Identifier: Apache-2.0
// A small text file or file of /proc, read whole: pod.json, passwd, a cgroup's counter. sys/file.hpp can do more, and
// brings a cryptographic library into the program that holds it. Never more than the limit.
#pragma once

#include <cstddef>
#include <string>

#include "base/error.hpp"

namespace tmplbuild::launch {

// At most `limit` bytes; of a longer file, its beginning.
Result<std::string> read_text(const std::string& file, std::size_t limit);

}  // namespace tmplbuild::launch
