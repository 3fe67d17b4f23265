// SPDX-License-Identifier: Apache-2.0
// Bounded little-endian reads for the readers of this room (ELF, containers, cubins). Private to the room's sources.
// Never reads past the bytes it is given: a caller asks `fits` for a whole record, then loads its fields.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "kernel/elf.hpp"

namespace tmplbuild::kernel {

static_assert(std::endian::native == std::endian::little, "the readers load little-endian fields as they are");

inline bool fits(Bytes bytes, std::uint64_t offset, std::uint64_t size) {
    return offset <= bytes.size() && size <= bytes.size() - offset;
}

// The caller has checked that `offset` + sizeof(T) is within the bytes; no alignment is needed.
template <class T>
T load(Bytes bytes, std::uint64_t offset) {
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

// The text that starts at `offset` of a table of NUL-terminated texts; none when it does not end inside the table.
inline std::optional<std::string_view> text_at(Bytes table, std::uint64_t offset) {
    if (offset >= table.size()) return std::nullopt;
    const auto* start = table.data() + offset;
    const auto* end = static_cast<const std::byte*>(std::memchr(start, 0, table.size() - offset));
    if (end == nullptr) return std::nullopt;
    return std::string_view(reinterpret_cast<const char*>(start), static_cast<std::size_t>(end - start));
}

// How many bytes of names one table may yield. Names may overlap in a table, so a small hostile file could ask for
// gigabytes of them; real tables need far less than sixteen times their own size.
class NameBudget {
  public:
    explicit NameBudget(std::size_t table_bytes) : left_(16 * table_bytes + (16U << 20)) {}
    bool take(std::size_t bytes) {
        if (bytes > left_) return false;
        left_ -= bytes;
        return true;
    }

  private:
    std::size_t left_;
};

}  // namespace tmplbuild::kernel
