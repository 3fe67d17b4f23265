// SPDX-License-Identifier: Apache-2.0
#include "supervisor/announcer.hpp"

#include "sys/clock.hpp"

namespace tmplbuild::launch {

void Announcer::say(const std::string& who, const std::string& text) {
    std::string shown = text;
    log_.mask().apply(shown);
    log_.say(who, shown);
    timeline_.add({sys::in_ms(sys::time_of_day()), who, shown});
    if (on_change) on_change();
}

}  // namespace tmplbuild::launch
