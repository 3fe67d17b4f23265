// SPDX-License-Identifier: Apache-2.0
// Random numbers that nobody can guess, as hex text: secrets and ids. Names of temporary files come from unique_suffix
// in file.hpp. Used by the builder and the pod's programs.
#pragma once

#include <cstddef>
#include <string>

namespace tmplbuild::sys {

// `bytes` is at most 256 (getrandom(2) gives that many at once); each gives two digits. Empty where the kernel gives
// none.
std::string random_hex(std::size_t bytes);

}  // namespace tmplbuild::sys
