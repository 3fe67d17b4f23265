// SPDX-License-Identifier: Apache-2.0
// Which service Linux has killed for memory: its own process, while it is dying, and not another one that is
// killed later. Of a service's worker nothing is charged to anybody. Used by the engine at the end of each process.
#pragma once

#include <string>
#include <vector>

#include "supervisor/memory_kills.hpp"
#include "supervisor/process_trees.hpp"

namespace tmplbuild::launch {

class MemoryCharges {
  public:
    MemoryCharges(const PodView& pod, ProcessTrees& trees)
        : pod_(pod), trees_(trees), dying_(pod.spec.services.size(), false) {}
    // `cgroup`: another place than /sys/fs/cgroup; empty: that one.
    void begin(Poller& poller, const std::string& cgroup);
    void new_process(std::size_t i) { dying_[i] = false; }  // of the service

    // Whether what has ended was killed for memory; asked once for each process. `by_kill`: signal 9 has ended it.
    bool ended(std::size_t i, bool by_kill);  // the service's own process
    bool other_ended(bool by_kill);

  private:
    void on_kill();

    const PodView& pod_;
    ProcessTrees& trees_;
    MemoryKills kills_;
    std::vector<bool> dying_;  // Linux has killed it for memory, and it has not ended yet
};

}  // namespace tmplbuild::launch
