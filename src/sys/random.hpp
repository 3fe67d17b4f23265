// SPDX-License-Identifier: Apache-2.0
// Random numbers that nobody can guess, as text: secrets that a pod makes for itself, a pod's own number. Never for
// names of temporary files: see unique_suffix in file.hpp.
#pragma once

#include <cstddef>
#include <string>

namespace tmplbuild::sys {

// Two digits a byte, at most 256 bytes (getrandom(2) gives that many at once). Empty where the kernel gives none.
std::string random_hex(std::size_t bytes);

}  // namespace tmplbuild::sys
