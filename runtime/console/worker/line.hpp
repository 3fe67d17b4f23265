// SPDX-License-Identifier: Apache-2.0
// A worker's line to the web process: by it the worker says that it is still at work, and that it begins its answer.
// Used by the connection and by work that takes long. Whoever says nothing for too long is killed.
#pragma once

#include <chrono>

#include "sys/fd.hpp"

namespace tmplbuild::console {

class Line {
  public:
    explicit Line(sys::Fd fd) : fd_(std::move(fd)) {}

    // May be called as often as one likes: it is told ten times a second at most.
    void at_work();
    // Before a step that may take longer than the deadline for others, and cannot be cut into pieces: fsync.
    void long_step();
    // Just before the first byte of the answer. Ends this process where the web process answers in its place.
    void begin();

  private:
    bool say(char word) const;

    sys::Fd fd_;
    bool in_long_step_ = false;
    std::chrono::steady_clock::time_point told_{};
};

}  // namespace tmplbuild::console
