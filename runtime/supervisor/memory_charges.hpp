// SPDX-License-Identifier: Apache-2.0
// Which service's own process Linux has killed for memory. It is recorded while the process dies, so that the kill is
// not attributed to one that ends later by another kill. A killed worker of a service is attributed to nobody. Used by
// the engine at the end of each process.
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
    // `cgroup`: a folder other than /sys/fs/cgroup; empty: that one.
    void begin(Poller& poller, const std::string& cgroup);
    void new_process(std::size_t i) { dying_[i] = false; }  // a new process of the service has started

    // Whether the ended process was killed for memory; asked once for each process. `by_kill`: signal 9 ended it.
    bool ended(std::size_t i, bool by_kill);  // the service's own process
    bool other_ended(bool by_kill);

  private:
    void on_kill();

    const PodView& pod_;
    ProcessTrees& trees_;
    MemoryKills kills_;
    std::vector<bool> dying_;  // Linux has killed the service's process for memory, and it has not ended yet
};

}  // namespace tmplbuild::launch
