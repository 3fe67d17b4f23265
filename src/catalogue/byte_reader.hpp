// SPDX-License-Identifier: Apache-2.0
// Numbers out of bytes that may be short: what is not there is zero. Used by this room's readers of
// other people's formats.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace tmplbuild::catalogue {

// Of at most 8 bytes at `at`; 0 where they are not all there.
inline std::uint64_t big_endian(std::string_view bytes, std::size_t at, std::size_t size) {
    if (size > bytes.size() || at > bytes.size() - size) return 0;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

inline std::uint64_t little_endian(std::string_view bytes, std::size_t at, std::size_t size) {
    if (size > bytes.size() || at > bytes.size() - size) return 0;
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

// The part of `bytes` from `at` on, of at most `size` bytes.
inline std::string_view part_of(std::string_view bytes, std::uint64_t at, std::uint64_t size) {
    if (at >= bytes.size()) return {};
    return bytes.substr(static_cast<std::size_t>(at),
                        static_cast<std::size_t>(std::min<std::uint64_t>(size, bytes.size())));
}

}  // namespace tmplbuild::catalogue
