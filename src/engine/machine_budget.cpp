// SPDX-License-Identifier: Apache-2.0
#include "engine/machine_budget.hpp"

#include <sched.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.hpp"
#include "sys/file.hpp"
#include "sys/kernel_numbers.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

// The smallest limit from a group up to the root; inside a container, its own group may be shown as the root.
template <class Read>
void up_the_tree(const fs::path& root, std::string path, Read read) {
    for (;;) {
        read(root / fs::path(path).relative_path());
        if (path.empty() || path == "/") return;
        path = fs::path(path).parent_path();
    }
}

void limit_cores(double cores, MachineLimits& limits) {
    if (cores > 0) limits.cores = std::max(1U, std::min(limits.cores, static_cast<unsigned>(cores + 0.5)));
}

}  // namespace

MachineLimits machine_limits(const KernelFiles& kernel) {
    const auto& [cgroups, proc] = kernel;
    MachineLimits limits;
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) == 0) limits.cores = static_cast<unsigned>(CPU_COUNT(&set));
    limits.memory = sys::number_in(proc / "meminfo", "MemTotal").value_or(0);
    auto lower = [&](std::optional<std::uint64_t> bytes) {
        if (bytes && *bytes != 0 && *bytes < limits.memory) limits.memory = *bytes;
    };
    up_the_tree(cgroups, sys::own_cgroup(proc, ""), [&](const fs::path& group) {  // v2
        lower(sys::number_in(group / "memory.max"));
        lower(sys::number_in(group / "memory.high"));
        auto cpu = sys::read_file(group / "cpu.max", 4096);  // "max 100000" or "200000 100000"
        const std::vector<std::string> words = cpu ? split(trim(*cpu), ' ') : std::vector<std::string>{};
        if (words.size() == 2 && words[0] != "max")
            limit_cores(std::strtod(words[0].c_str(), nullptr) / std::strtod(words[1].c_str(), nullptr), limits);
    });
    up_the_tree(cgroups / "memory", sys::own_cgroup(proc, "memory"),
                [&](const fs::path& group) { lower(sys::number_in(group / "memory.limit_in_bytes")); });
    up_the_tree(cgroups / "cpu", sys::own_cgroup(proc, "cpu"), [&](const fs::path& group) {
        // It is -1 without a limit, which number_in() reads as none.
        const auto quota = sys::number_in(group / "cpu.cfs_quota_us");
        const auto period = sys::number_in(group / "cpu.cfs_period_us");
        if (quota && period && *period != 0)
            limit_cores(static_cast<double>(*quota) / static_cast<double>(*period), limits);
    });
    return limits;
}

std::optional<unsigned> MachineBudget::admit(const StepLoad& step, const std::vector<StepLoad>& beside,
                                             std::size_t alike) const {
    // A `run` step's command may wait for anything, so it gets a process of its own and no share of the cores.
    static constexpr std::size_t most_light = 16;
    if (beside.empty()) {
        const bool shares = step.kind.is_compile && alike > 1 && 2 * step.memory <= limits_.memory - reserve();
        return shares ? std::max(1U, limits_.cores / 2) : limits_.cores;
    }
    const auto light = static_cast<std::size_t>(
        std::count_if(beside.begin(), beside.end(), [](const StepLoad& s) { return s.kind.is_light; }));
    if (step.kind.is_light) return light < most_light ? std::optional(1U) : std::nullopt;
    if (beside.size() - light >= limits_.cores) return std::nullopt;
    std::uint64_t memory = step.memory;
    for (const StepLoad& other : beside) memory += other.memory;
    if (step.memory != 0 && memory > limits_.memory - reserve()) return std::nullopt;
    return std::max(1U, limits_.cores / 2);
}

// Memory that the compilers of variants do not get: for the builder itself, the page cache, and errors of the estimate.
std::uint64_t MachineBudget::reserve() const { return std::min<std::uint64_t>(limits_.memory / 7, 4ULL << 30); }

}  // namespace tmplbuild
