// SPDX-License-Identifier: Apache-2.0
// Uncompresses the payload of one container entry into a buffer of the size that the entry claims. Private to the
// room: fatbin.cpp calls it, after it has checked the claim against its limits. Never writes past that size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/error.hpp"
#include "kernel/elf.hpp"

namespace tmplbuild::kernel {

// One buffer that is used for many entries in turn: for a new one each time, Linux would clear its pages again.
class Unpacked {
  public:
    // Makes room for `size` bytes; the old content is lost. False when there is no memory for it.
    bool allocate(std::size_t size);
    std::byte* data() { return data_.get(); }
    Bytes bytes() const { return {data_.get(), size_}; }

  private:
    std::unique_ptr<std::byte[]> data_;
    std::size_t size_ = 0, room_ = 0;
};

// Both succeed only when exactly `size` bytes came out and all of the input was used.
Result<void> unpack_lz4(Bytes stored, std::uint64_t size, Unpacked& into);  // one LZ4 block, no frame
Result<void> unpack_zstd(Bytes stored, std::uint64_t size, Unpacked& into);

}  // namespace tmplbuild::kernel
