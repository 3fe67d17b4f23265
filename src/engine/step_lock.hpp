// SPDX-License-Identifier: Apache-2.0
// Only one builder at a time makes the result of a key, among all that share a store: a second one waits and then takes
// the result. Held for long steps only. When a holder dies, Linux releases its lock (flock(2)). Used by run_step.cpp.
#pragma once

#include <functional>
#include <stop_token>

#include "store/store.hpp"
#include "sys/fd.hpp"

namespace tmplbuild {

class StepLock {
  public:
    // Waits for the lock; calls `waits` once when another builder holds it. An error of kind interrupted when `stop`
    // comes first.
    static Result<StepLock> acquire(const Store& store, const Digest& key, const std::stop_token& stop,
                                    const std::function<void()>& waits);

  private:
    explicit StepLock(sys::Fd file) : file_(std::move(file)) {}
    sys::Fd file_;
};

}  // namespace tmplbuild
