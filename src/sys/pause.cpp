// SPDX-License-Identifier: Apache-2.0
#include "sys/pause.hpp"

#include <condition_variable>
#include <mutex>

namespace tmplbuild::sys {

bool pause_for(std::chrono::milliseconds length, const std::stop_token& stop) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any never;
    never.wait_for(lock, stop, length, [] { return false; });
    return !stop.stop_requested();
}

}  // namespace tmplbuild::sys
