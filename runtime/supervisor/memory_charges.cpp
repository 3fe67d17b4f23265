// SPDX-License-Identifier: Apache-2.0
#include "supervisor/memory_charges.hpp"

#include <sys/epoll.h>

namespace tmplbuild::launch {

void MemoryCharges::begin(Poller& poller, const std::string& cgroup) {
    kills_.begin(cgroup);
    if (kills_.fd() >= 0) poller.watch(kills_.fd(), EPOLLIN, [this] { on_kill(); });
}

// The counter has changed. The service whose own process is dying of it is recorded now, since that process may end
// much later.
void MemoryCharges::on_kill() {
    kills_.on_change(pod_.now());
    const auto& table = trees_.processes(true);
    for (std::size_t i = 0; table && i < dying_.size(); ++i) {
        const pid_t pid = pod_.state.services[i].pid;
        const Process* process = pid > 0 ? table->find(pid) : nullptr;
        if (process != nullptr && process->dying && !dying_[i]) dying_[i] = kills_.charge(pod_.now());
    }
}

bool MemoryCharges::ended(std::size_t i, bool by_kill) {
    const bool known = by_kill && dying_[i];
    const bool for_memory = kills_.on_exit(by_kill && !known, pod_.now()) || known;
    dying_[i] = false;
    return for_memory;
}

bool MemoryCharges::other_ended(bool by_kill) { return kills_.on_exit(by_kill, pod_.now()); }

}  // namespace tmplbuild::launch
