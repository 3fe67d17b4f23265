// SPDX-License-Identifier: Apache-2.0
// Whether a process that was killed by signal 9 was killed by the kernel for memory: the container's own cgroup counts
// such kills. Reads the counter once at the start and when something was killed, and never otherwise.
#pragma once

#include <cstdint>
#include <string>

namespace tmplbuild::launch {

class MemoryKills {
  public:
    explicit MemoryKills(std::string cgroup = "/sys/fs/cgroup");
    // Kills of before do not count. Before the first process can have been killed.
    void begin() { seen_ = count(); }
    // True when the counter is higher than at the last call. False where there is no counter.
    bool another_kill();

  private:
    std::int64_t count() const;
    std::string cgroup_;
    std::int64_t seen_ = 0;
};

}  // namespace tmplbuild::launch
