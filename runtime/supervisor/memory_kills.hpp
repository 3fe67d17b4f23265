// SPDX-License-Identifier: Apache-2.0
// Whether Linux killed a process for memory: the container's own cgroup counts such kills. The counter is read when it
// changes (inotify(7); cgroup v1 does not report that) and at each end of a process, so that a kill is never attributed
// to a process that ends later. Never wakes up at rest. Used by MemoryCharges.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "loop/poller.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::launch {

class MemoryKills {
  public:
    // Kills from before this call do not count. `cgroup`: where the container's own cgroup is mounted.
    void begin(std::string cgroup);
    int fd() const { return watch_.get(); }  // readable when the counter may have changed; -1: it cannot be watched
    void on_change(Time now);                // to be called when fd() is readable
    // To be called at the end of every process. True: signal 9 ended it, for memory; each kill gives true once.
    bool on_exit(bool by_kill, Time now);
    // Attributes a kill that belongs to nobody yet to a process that is dying.
    bool charge(Time now);

  private:
    std::optional<std::int64_t> count() const;
    bool read_counter(Time now);  // true: it has changed
    std::string cgroup_ = "/sys/fs/cgroup";
    sys::Fd watch_;
    std::int64_t seen_ = 0, uncharged_ = 0;
    Time moved_ = 0;  // time of the last change
};

}  // namespace tmplbuild::launch
