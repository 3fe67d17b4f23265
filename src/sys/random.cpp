// SPDX-License-Identifier: Apache-2.0
#include "sys/random.hpp"

#include <sys/random.h>

#include <vector>

namespace tmplbuild::sys {

std::string random_hex(std::size_t bytes) {
    std::vector<unsigned char> raw(bytes);
    if (::getrandom(raw.data(), raw.size(), 0) != static_cast<ssize_t>(raw.size())) return {};
    std::string out;
    out.reserve(2 * bytes);
    for (const unsigned char byte : raw) {
        out += "0123456789abcdef"[byte >> 4];
        out += "0123456789abcdef"[byte & 15];
    }
    return out;
}

}  // namespace tmplbuild::sys
