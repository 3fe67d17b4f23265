// SPDX-License-Identifier: Apache-2.0
// Puts a thread and a short queue between the producer of bytes and their consumer, so that both work at once. pack/
// uses it to hash and compress while it reads. The order is kept, memory is bounded, and the thread ends with this
// value.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "base/error.hpp"

namespace tmplbuild::io {

class AsyncSink {
  public:
    using Sink = std::function<Result<void>(std::span<const std::byte>)>;

    // `sink` is called on one other thread. The queue holds at most `capacity` bytes.
    explicit AsyncSink(Sink sink, std::size_t capacity = 4 << 20);
    ~AsyncSink();  // drops what is still in the queue
    AsyncSink(AsyncSink&&) noexcept;

    // Copies the data; waits while the queue is full. Once the sink has failed, every later call returns its first
    // error.
    Result<void> write(std::span<const std::byte> data);
    // Waits until the sink has taken everything. No write may follow.
    Result<void> finish();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tmplbuild::io
