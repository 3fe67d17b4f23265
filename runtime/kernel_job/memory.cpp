// SPDX-License-Identifier: Apache-2.0
#include "kernel_job/memory.hpp"

#include <optional>

#include "sys/kernel_numbers.hpp"

namespace tmplbuild::job {

using sys::number_in;

Memory read_memory(const std::string& cgroup) {
    Memory out;
    const std::uint64_t total = number_in("/proc/meminfo", "MemTotal").value_or(0);
    const bool second = number_in(cgroup + "/memory.current").has_value();
    const std::string first = cgroup + "/memory";
    const auto limit = number_in(second ? cgroup + "/memory.max" : first + "/memory.limit_in_bytes");
    // Version 1 writes "no limit" as a number larger than any machine's memory.
    if (limit && (*limit < total || total == 0)) {
        out.limit = *limit;
        out.used = number_in(second ? cgroup + "/memory.current" : first + "/memory.usage_in_bytes").value_or(0);
        const std::uint64_t cache = second ? number_in(cgroup + "/memory.stat", "inactive_file").value_or(0)
                                           : number_in(first + "/memory.stat", "total_inactive_file").value_or(0);
        out.used -= cache < out.used ? cache : out.used;
        return out;
    }
    out.limit = total;
    const std::uint64_t available = number_in("/proc/meminfo", "MemAvailable").value_or(0);
    out.used = available < total ? total - available : 0;
    return out;
}

std::uint64_t memory_kills(const std::string& cgroup) { return sys::memory_kills_of_container(cgroup).value_or(0); }

}  // namespace tmplbuild::job
