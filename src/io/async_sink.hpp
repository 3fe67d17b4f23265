// SPDX-License-Identifier: Apache-2.0
// Puts a thread between who makes bytes and who takes them, through a short queue, so that both work at once. pack/
// overlaps inflating and reading with hashing and compressing by it. Order is kept, memory is bounded, and nothing runs
// on when it is gone.
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

    // `sink` is called on one other thread. At most `capacity` bytes wait.
    explicit AsyncSink(Sink sink, std::size_t capacity = 4 << 20);
    ~AsyncSink();  // drops what still waits
    AsyncSink(AsyncSink&&) noexcept;

    // Copies; waits while the queue is full. The sink's first error comes back from every later call.
    Result<void> write(std::span<const std::byte> data);
    // Waits until the sink has taken all. Nothing may follow.
    Result<void> finish();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tmplbuild::io
