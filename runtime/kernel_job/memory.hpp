// SPDX-License-Identifier: Apache-2.0
// How much memory this container may use and does use, from its cgroup, since /proc/meminfo shows the host's. The job
// reads it before and while it compiles. Never changes a limit.
#pragma once

#include <cstdint>
#include <string>

namespace tmplbuild::job {

struct Memory {
    // Bytes; memory that Linux could drop (file pages not used lately) does not count as used.
    std::uint64_t limit = 0, used = 0;
    // The share of the limit that everything in the pod may reach while a kernel is compiled.
    static constexpr std::uint64_t percent = 85;
    std::uint64_t free_below_ceiling() const {
        const std::uint64_t ceiling = limit / 100 * percent;
        return used < ceiling ? ceiling - used : 0;
    }
    bool above_ceiling() const { return used > limit / 100 * percent; }
};

// `cgroup`: /sys/fs/cgroup, version 2 or 1. Where it has no limit, the machine's own memory is the limit.
Memory read_memory(const std::string& cgroup = "/sys/fs/cgroup");
// How many processes of this container Linux has killed for memory; 0 where the cgroup does not say.
std::uint64_t memory_kills(const std::string& cgroup = "/sys/fs/cgroup");

}  // namespace tmplbuild::job
