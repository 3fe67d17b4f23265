// SPDX-License-Identifier: Apache-2.0
// How fast a body moves, over one span of time after the other, so that a byte a minute does not hold a command for
// ever. Used by http_exchange.cpp. Never looks at a clock itself.
#pragma once

#include <chrono>
#include <cstdint>

#include "io/http.hpp"

namespace tmplbuild::io {

class HttpSpeed {
  public:
    using Clock = std::chrono::steady_clock;

    explicit HttpSpeed(Clock::time_point now) : begin_(now) {}

    void moved(std::uint64_t bytes) { bytes_ += bytes; }
    // This time was the caller's own.
    void leave_out(Clock::duration time) { begin_ += time; }
    void start_over(Clock::time_point now) {
        begin_ = now;
        bytes_ = 0;
    }
    // Whether a whole span has passed with fewer bytes than it has to have.
    bool is_too_low(const HttpPatience& patience, Clock::time_point now) {
        const auto span = std::chrono::duration_cast<std::chrono::seconds>(now - begin_);
        if (span < patience.slow_for) return false;
        if (bytes_ < patience.least_speed * static_cast<std::uint64_t>(span.count())) return true;
        start_over(now);
        return false;
    }

  private:
    Clock::time_point begin_;
    std::uint64_t bytes_ = 0;  // since then
};

}  // namespace tmplbuild::io
