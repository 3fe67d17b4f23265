// SPDX-License-Identifier: Apache-2.0
// A file that one process at a time may work on, without waiting for it. For what outlives its process and is gone on
// with by the next one. The kernel lets go of the lock when the process dies.
#pragma once

#include <filesystem>
#include <optional>

#include "base/error.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::sys {

// The file, made where it is missing, readable by its owner alone, open for reading and writing, and locked (flock) as
// long as it is open; it is still the one of that name, whatever a holder before did with it. Never follows a link.
// None: somebody else has it.
Result<std::optional<Fd>> open_locked(const std::filesystem::path& file);

}  // namespace tmplbuild::sys
