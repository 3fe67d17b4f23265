// SPDX-License-Identifier: Apache-2.0
#include "engine/machine_budget.hpp"

#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

struct Machine {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "budget-test-").value();
    Machine() { file("proc/meminfo", "MemTotal:       25165824 kB\nMemFree: 1 kB\n"); }
    void file(const std::string& path, const std::string& text) const {
        REQUIRE(sys::write_file_atomic(folder.path() / path, text));
    }
    MachineLimits limits() const { return machine_limits({folder.path() / "cg", folder.path() / "proc"}); }
};

StepLoad compile(std::uint64_t memory) { return {KernelSpec::kind, memory}; }

constexpr std::uint64_t gib = 1ULL << 30;

}  // namespace

TEST_CASE("limits are the cgroup's, not the host's") {
    const Machine machine;
    CHECK(machine.limits().memory == 24 * gib);
    machine.file("proc/self/cgroup", "0::/a/b\n");
    machine.file("cg/a/b/memory.max", "max\n");
    machine.file("cg/a/memory.max", "8589934592\n");
    machine.file("cg/a/b/cpu.max", "100000 100000\n");
    CHECK(machine.limits().memory == 8 * gib);
    CHECK(machine.limits().cores == 1);
}

TEST_CASE("limits of cgroups v1 count as well") {
    const Machine machine;
    machine.file("proc/self/cgroup", "9:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n");
    machine.file("cg/memory/docker/x/memory.limit_in_bytes", "4294967296\n");
    machine.file("cg/cpu/docker/x/cpu.cfs_quota_us", "150000\n");
    machine.file("cg/cpu/docker/x/cpu.cfs_period_us", "100000\n");
    CHECK(machine.limits().memory == 4 * gib);
    CHECK(machine.limits().cores == std::min(2U, machine_limits().cores));
}

TEST_CASE("a container that shows its own group as the root is limited too") {
    const Machine machine;
    machine.file("proc/self/cgroup", "0::/\n");
    machine.file("cg/memory.max", "2147483648\n");
    CHECK(machine.limits().memory == 2 * gib);
}

TEST_CASE("compiles start side by side only where both fit") {
    const StepLoad small = compile(3 * gib), large = compile(9 * gib);
    const MachineBudget budget({2, 12 * gib});
    CHECK(budget.admit(small, {}, 2) == 1U);  // shares the two cores with its sister
    CHECK(budget.admit(small, {small}, 2) == 1U);
    CHECK(budget.admit(large, {}, 2) == 2U);  // alone: two of them do not fit
    CHECK_FALSE(budget.admit(large, {large}, 2));
    CHECK_FALSE(budget.admit(small, {large}, 2));          // 12 GiB with nothing left for anything else
    CHECK(budget.admit(compile(100 * gib), {}, 1) == 2U);  // never refused when alone: the estimate may be wrong
}

TEST_CASE("run steps do not wait for cores") {
    const MachineBudget budget({1, 4 * gib});
    const StepLoad run{RunSpec::kind}, files{FilesSpec::kind};
    CHECK(budget.admit(run, {files}, 1) == 1U);
    CHECK(budget.admit(run, {run, run, run}, 4) == 1U);
    CHECK(budget.admit(files, {run, run}, 1) == 1U);
    CHECK_FALSE(budget.admit(files, {files}, 1));
}
