// SPDX-License-Identifier: Apache-2.0
#include "console/access/throttle.hpp"

#include <algorithm>

namespace tmplbuild::console {
namespace {

constexpr std::int64_t free_failures = 3;  // a person mistypes
constexpr std::int64_t first_delay_ms = 250;
constexpr std::int64_t most_doublings = 3;  // 250, 500, 1000, 2000
static_assert(first_delay_ms << most_doublings == Throttle::longest_ms);

}  // namespace

void Throttle::failed(UnixMs now) {
    if (now - last_ > forgiven_after_ms) failures_ = 0;
    failures_ = std::min(failures_ + 1, free_failures + most_doublings);
    last_ = now;
}

std::int64_t Throttle::delay_ms(UnixMs now) const {
    if (failures_ < free_failures || now - last_ > forgiven_after_ms) return 0;
    return first_delay_ms << std::min(failures_ - free_failures, most_doublings);
}

}  // namespace tmplbuild::console
