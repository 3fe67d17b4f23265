// SPDX-License-Identifier: Apache-2.0
#include "kernel_job/memory.hpp"

#include <cstdlib>
#include <optional>

#include "base/text.hpp"
#include "kernel_job/files.hpp"
#include "sys/file.hpp"

namespace tmplbuild::job {

static std::optional<std::uint64_t> number_in(const std::string& file) {
    const auto text = sys::read_file(file, 4096);
    if (!text || text->empty() || text->front() < '0' || text->front() > '9') return std::nullopt;  // "max"
    return std::strtoull(text->c_str(), nullptr, 10);
}

// "name value" and "name:  value kB" lines.
static std::uint64_t field(const std::string& file, const std::string& name) {
    const auto text = sys::read_file(file, 1U << 20);
    if (!text) return 0;
    for (const std::string& line : split(*text, '\n')) {
        if (!line.starts_with(name) || line.size() <= name.size()) continue;
        const char after = line[name.size()];
        if (after != ' ' && after != ':') continue;
        const std::uint64_t value = std::strtoull(line.c_str() + name.size() + 1, nullptr, 10);
        return line.ends_with("kB") ? value * 1024 : value;
    }
    return 0;
}

Memory read_memory(const std::string& cgroup) {
    Memory out;
    const std::uint64_t total = field("/proc/meminfo", "MemTotal");
    const bool second = number_in(cgroup + "/memory.current").has_value();
    const std::string first = cgroup + "/memory";
    const auto limit = number_in(second ? cgroup + "/memory.max" : first + "/memory.limit_in_bytes");
    // Version 1 says "no limit" as a number larger than any machine.
    if (limit && (*limit < total || total == 0)) {
        out.limit = *limit;
        out.used = number_in(second ? cgroup + "/memory.current" : first + "/memory.usage_in_bytes").value_or(0);
        const std::uint64_t cache = second ? field(cgroup + "/memory.stat", "inactive_file")
                                           : field(first + "/memory.stat", "total_inactive_file");
        out.used -= cache < out.used ? cache : out.used;
        return out;
    }
    out.limit = total;
    const std::uint64_t available = field("/proc/meminfo", "MemAvailable");
    out.used = available < total ? total - available : 0;
    return out;
}

std::uint64_t memory_kills(const std::string& cgroup) {
    return field(cgroup + "/memory.events", "oom_kill") + field(cgroup + "/memory/memory.oom_control", "oom_kill");
}

}  // namespace tmplbuild::job
