// SPDX-License-Identifier: Apache-2.0
// How long an answer to a sign-in waits: wrong passwords slow down all sign-ins, right ones too, for some time, and
// lock nobody out, since behind a proxy all people may have one address. Never reads a clock.
#pragma once

#include <cstdint>

#include "console/access/sessions.hpp"

namespace tmplbuild::console {

class Throttle {
  public:
    static constexpr std::int64_t longest_ms = 2'000;
    static constexpr std::int64_t forgiven_after_ms = 60'000;  // a failure counts for this long at most

    void failed(UnixMs now);
    // 0 while there are fewer than three failures, then 250 ms, doubled with each, `longest_ms` at most.
    std::int64_t delay_ms(UnixMs now) const;

  private:
    std::int64_t failures_ = 0;  // in a row that a minute without one ends
    UnixMs last_ = 0;
};

}  // namespace tmplbuild::console
