// SPDX-License-Identifier: Apache-2.0
// Whether a process that was killed by signal 9 was killed by Linux for memory: the container's own cgroup counts
// such kills. The counter is read when it moves (inotify(7); cgroup v1 does not tell) and at each end of a process, so
// that a kill is never charged to somebody who ends later. Never wakes up at rest.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "loop/poller.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::launch {

class MemoryKills {
  public:
    // Kills of before do not count. `cgroup`: where the container's own cgroup is mounted.
    void begin(std::string cgroup);
    int fd() const { return watch_.get(); }  // readable when the counter may have moved; -1: it cannot be watched
    void on_change(Time now);                // what to do when it is readable
    // At the end of every process. True: it was killed by signal 9, and for memory; said once for each kill.
    bool on_exit(bool by_kill, Time now);
    // A kill that has not been charged to anybody yet is charged to a process that is dying from it.
    bool charge(Time now);

  private:
    std::optional<std::int64_t> count() const;
    bool read_counter(Time now);  // true: it has moved
    std::string cgroup_ = "/sys/fs/cgroup";
    sys::Fd watch_;
    std::int64_t seen_ = 0, uncharged_ = 0;
    Time moved_ = 0;  // when it moved the last time
};

}  // namespace tmplbuild::launch
