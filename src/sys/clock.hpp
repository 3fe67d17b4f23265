// SPDX-License-Identifier: Apache-2.0
// The kernel's two clocks: one that never goes back, for deadlines, and the time of day, for people and for times of
// files. For code that needs the number and none of std::chrono's types. Never a time zone.
#pragma once

#include <cstdint>
#include <ctime>

namespace tmplbuild::sys {

inline std::int64_t in_ms(const timespec& time) { return std::int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000; }

// Milliseconds since the machine started.
inline std::int64_t monotonic_ms() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return in_ms(now);
}

// Seconds and nanoseconds since 1970.
inline timespec time_of_day() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return now;
}

}  // namespace tmplbuild::sys
