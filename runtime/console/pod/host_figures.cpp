// SPDX-License-Identifier: Apache-2.0
#include "console/pod/host_figures.hpp"

#include <sched.h>
#include <sys/statvfs.h>

#include <algorithm>

#include "base/text.hpp"
#include "sys/file.hpp"
#include "sys/kernel_numbers.hpp"

namespace tmplbuild::console {

namespace {

namespace fs = std::filesystem;
constexpr std::int64_t few_pids = 1024;  // below it, programs with a thread for each processor fail to start
constexpr std::size_t cgroup_file_limit = 4096;

bool is_version_2(const fs::path& cgroups) {
    std::error_code ignored;
    return fs::exists(cgroups / "cgroup.controllers", ignored);
}

void read_memory(const HostPlaces& places, HostFigures& out) {
    const bool second = is_version_2(places.cgroups);
    const fs::path folder = second ? places.cgroups : places.cgroups / "memory";
    out.memory_used = sys::number_in(folder / (second ? "memory.current" : "memory.usage_in_bytes"));
    // File pages that nobody used for a while are given up before anything is killed.
    const auto dropped = sys::number_in(folder / "memory.stat", second ? "inactive_file" : "total_inactive_file");
    if (out.memory_used && dropped) *out.memory_used -= std::min(*out.memory_used, *dropped);
    const auto limit = sys::number_in(folder / (second ? "memory.max" : "memory.limit_in_bytes"));
    // Version 1 says "no limit" by a number near 2^63; the machine's own memory is the limit then.
    const auto machine = sys::number_in(places.proc / "meminfo", "MemTotal");
    out.memory_limit = limit && machine ? std::min(*limit, *machine) : limit ? limit : machine;
}

std::optional<int> visible_cpus() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return std::nullopt;
    return CPU_COUNT(&set);
}

// Quota and period of version 2 stand in one file: "200000 100000" or "max 100000".
std::optional<double> cpu_quota(const fs::path& cgroups) {
    std::optional<std::int64_t> quota, period;
    if (is_version_2(cgroups)) {
        const auto text = sys::read_beginning(cgroups / "cpu.max", cgroup_file_limit);
        if (!text) return std::nullopt;
        const auto words = split(trim(*text), ' ');
        if (words.size() != 2) return std::nullopt;
        quota = parse_whole(words[0], 1, INT64_MAX);
        period = parse_whole(words[1], 1, INT64_MAX);
    } else if (const auto number = sys::number_in(cgroups / "cpu" / "cpu.cfs_quota_us")) {
        quota = static_cast<std::int64_t>(*number);
        if (const auto each = sys::number_in(cgroups / "cpu" / "cpu.cfs_period_us"))
            period = static_cast<std::int64_t>(*each);
    }
    if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
    return static_cast<double>(*quota) / static_cast<double>(*period);
}

std::string one_decimal(double number) {
    const auto tenths = static_cast<std::int64_t>(number * 10 + 0.5);
    return std::to_string(tenths / 10) + (tenths % 10 == 0 ? "" : "." + std::to_string(tenths % 10));
}

void read_cpus(const HostPlaces& places, HostFigures& out) {
    const auto visible = visible_cpus();
    const auto quota = cpu_quota(places.cgroups);
    if (visible) out.cpus = quota ? std::min(*quota, static_cast<double>(*visible)) : *visible;
    if (!visible || !quota || *quota * 2 > *visible) return;
    out.warnings.push_back("This pod sees " + std::to_string(*visible) + " processors and may use the time of " +
                           one_decimal(*quota) +
                           ": programs that start a thread for each processor run slower than they could; "
                           "OMP_NUM_THREADS tells many of them a better number.");
}

void read_pids(const HostPlaces& places, HostFigures& out) {
    const fs::path folder = is_version_2(places.cgroups) ? places.cgroups : places.cgroups / "pids";
    const auto limit = sys::number_in(folder / "pids.max");
    if (!limit) return;
    out.pids_max = static_cast<std::int64_t>(std::min<std::uint64_t>(*limit, INT64_MAX));
    if (*out.pids_max >= few_pids) return;
    out.warnings.push_back("This pod may have " + std::to_string(*out.pids_max) +
                           " processes and threads at once (pids.max): programs with many threads can fail to start, "
                           "with words like 'cannot start a thread'.");
}

void read_disk(const HostPlaces& places, HostFigures& out) {
    struct statvfs found {};
    if (::statvfs(places.root.c_str(), &found) != 0 || found.f_blocks == 0) return;
    const std::uint64_t block = found.f_frsize;
    out.disk_total = block * found.f_blocks;
    out.disk_used = block * (found.f_blocks - std::min(found.f_blocks, found.f_bfree));
}

}  // namespace

HostFigures read_host_figures(const HostPlaces& places) {
    HostFigures out;
    read_memory(places, out);
    read_cpus(places, out);
    read_pids(places, out);
    read_disk(places, out);
    return out;
}

}  // namespace tmplbuild::console
