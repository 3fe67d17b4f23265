// SPDX-License-Identifier: Apache-2.0
// Collects the bytes of one file until it is complete: in memory, and beyond a few megabytes in a file without a name.
// Used where layers are examined while they are streamed. Never keeps anything after it ends.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <vector>

#include "base/error.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::io {

class Spool {
  public:
    explicit Spool(std::filesystem::path folder) : folder_(std::move(folder)) {}

    void clear();
    std::size_t size() const { return size_; }  // bytes
    Result<void> add(std::span<const std::byte> bytes);
    // Gives all bytes to `read`; they are valid during the call alone.
    Result<void> whole(const std::function<void(std::span<const std::byte>)>& read) const;

  private:
    std::filesystem::path folder_;
    std::vector<std::byte> memory_;
    sys::Fd fd_;
    std::size_t size_ = 0;
};

}  // namespace tmplbuild::io
