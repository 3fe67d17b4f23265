// SPDX-License-Identifier: Apache-2.0
// How much memory this container may use and uses, from its cgroup: /proc/meminfo shows the host. Read by the job
// before and while it compiles. Never changes a limit.
#pragma once

#include <cstdint>
#include <string>

namespace tmplbuild::job {

struct Memory {
    std::uint64_t limit = 0, used = 0;  // bytes; what could be dropped (file pages not used lately) does not count
    // The share of the limit that everything in the pod may reach while a kernel is compiled.
    static constexpr std::uint64_t percent = 85;
    std::uint64_t free_below_ceiling() const {
        const std::uint64_t ceiling = limit / 100 * percent;
        return used < ceiling ? ceiling - used : 0;
    }
    bool above_ceiling() const { return used > limit / 100 * percent; }
};

// `cgroup`: /sys/fs/cgroup, version 2 or 1. Without a limit there, the machine's own memory.
Memory read_memory(const std::string& cgroup = "/sys/fs/cgroup");
// How many processes of this container the kernel has killed for memory; 0 where it does not say.
std::uint64_t memory_kills(const std::string& cgroup = "/sys/fs/cgroup");

}  // namespace tmplbuild::job
