// SPDX-License-Identifier: Apache-2.0
// Who uses a store: any number of builds at once, or one clean-up alone. A build holds it from its beginning to its
// end, so that nothing is removed that it has found or made. When a holder dies, Linux releases its lock (flock(2)).
#pragma once

#include <functional>
#include <stop_token>

#include "store/store.hpp"
#include "sys/fd.hpp"

namespace tmplbuild {

class StoreUse {
  public:
    enum class Kind { build, clean_up };
    // Waits for the lock; calls `waits` once when it is held otherwise. An error of kind interrupted when `stop` comes
    // first. A store that can only be read is used without a lock.
    static Result<StoreUse> begin(const Store& store, Kind kind, const std::stop_token& stop,
                                  const std::function<void()>& waits);

  private:
    explicit StoreUse(sys::Fd file) : file_(std::move(file)) {}
    sys::Fd file_;
};

}  // namespace tmplbuild
