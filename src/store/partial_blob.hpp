// SPDX-License-Identifier: Apache-2.0
// What has arrived of a blob, <store>/pulls/<hex>: it stays when its process ends, and the next one goes on with it.
// Used where layers come over a network. Nothing in it is trusted: whoever goes on reads it again and hashes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "store/store.hpp"
#include "sys/fd.hpp"

namespace tmplbuild {

class PartialBlob {
  public:
    // With what an earlier process left, of a blob of that size. Where another one works on it now, this one has
    // nothing, and leaves nothing.
    static Result<PartialBlob> open(const Store& store, const Digest& digest, std::uint64_t size);
    PartialBlob(PartialBlob&& other) noexcept;
    ~PartialBlob();
    PartialBlob& operator=(PartialBlob&&) = delete;

    std::uint64_t held() const { return held_; }  // bytes, from the blob's first on
    // Reads of them; at least one byte where `at` is before their end.
    Result<std::size_t> read(std::uint64_t at, std::span<std::byte> into) const;
    Result<void> append(std::span<const std::byte> data);
    Result<void> start_over();               // drops all of it
    Result<void> adopt(const Store& store);  // it is whole, and whoever wrote it has hashed it: moves it into the store

    // Takes away what lies there for longer than a week, and nobody works on.
    static void sweep(const Store& store);

  private:
    PartialBlob(const Digest& digest, std::filesystem::path file, sys::Fd fd, bool stays)
        : digest_(digest), file_(std::move(file)), fd_(std::move(fd)), stays_(stays) {}

    Digest digest_;
    std::filesystem::path file_;
    sys::Fd fd_;
    bool stays_;  // when this value ends
    std::uint64_t held_ = 0;
};

}  // namespace tmplbuild
