// SPDX-License-Identifier: Apache-2.0
// The queue as the volume keeps it: a text with a version, bounded. The worker writes it whole, by rename, whenever
// something changes that a restart must know. Never touches a disk.
#pragma once

#include <string>
#include <string_view>

#include "download/queue.hpp"

namespace tmplbuild::download {

inline constexpr std::size_t longest_record = 8 << 20;

std::string write_record(const Queue& queue);
// What was moving when the text was written waits for its turn; what was paused stays so.
Result<Queue> read_record(std::string_view text);

}  // namespace tmplbuild::download
