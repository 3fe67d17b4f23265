// SPDX-License-Identifier: Apache-2.0
// Control groups of both versions, and the volume as its worker sees it.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "console/pod/host_figures.hpp"
#include "console/pod/volume.hpp"
#include "support/catch.hpp"
#include "support/tiny_disk.hpp"
#include "sys/file.hpp"

namespace tmplbuild::console {
namespace {

class Machine {
  public:
    Machine() : folder_(sys::TempDirectory::make("/tmp", "host-figures-").value()) {
        put("proc/meminfo", "MemTotal:        1000 kB\nMemFree: 1 kB\n");
    }
    void put(const std::string& name, const std::string& text) const {
        sys::write_file_atomic(folder_.path() / name, text).value();
    }
    HostFigures read() const {
        return read_host_figures({folder_.path() / "cgroup", folder_.path() / "proc", folder_.path()});
    }

  private:
    sys::TempDirectory folder_;
};

std::string measured(const std::string& folder) {
    std::string lines;
    measure_volume(folder, [&](const std::string& line) { lines += line + "\n"; });
    return lines;
}

}  // namespace

TEST_CASE("version 2 of control groups") {
    const Machine machine;
    machine.put("cgroup/cgroup.controllers", "memory\n");
    machine.put("cgroup/memory.current", "500000\n");
    machine.put("cgroup/memory.max", "800000\n");
    machine.put("cgroup/memory.stat", "anon 1\ninactive_file 100000\n");
    machine.put("cgroup/pids.max", "100\n");
    machine.put("cgroup/cpu.max", "50000 100000\n");
    HostFigures figures = machine.read();
    CHECK(figures.memory_used == 400'000);
    CHECK(figures.memory_limit == 800'000);
    CHECK(figures.pids_max == 100);
    CHECK(figures.cpus == 0.5);
    CHECK(figures.disk_total > 0);
    REQUIRE(figures.warnings.size() == 2);
    CHECK(figures.warnings[0].find("may use the time of 0.5:") != std::string::npos);
    CHECK(figures.warnings[1].find("100 processes and threads at once (pids.max)") != std::string::npos);
    machine.put("cgroup/memory.max", "max\n");
    machine.put("cgroup/pids.max", "max\n");
    machine.put("cgroup/cpu.max", "max 100000\n");
    figures = machine.read();
    CHECK(figures.memory_limit == 1000 * 1024);  // the machine's own memory
    CHECK_FALSE(figures.pids_max);
    CHECK(figures.cpus >= 1);
    CHECK(figures.warnings.empty());
}

TEST_CASE("version 1 of control groups") {
    const Machine machine;
    machine.put("cgroup/memory/memory.usage_in_bytes", "500000\n");
    machine.put("cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    machine.put("cgroup/memory/memory.stat", "total_inactive_file 100000\n");
    machine.put("cgroup/pids/pids.max", "5000\n");
    machine.put("cgroup/cpu/cpu.cfs_quota_us", "-1\n");
    machine.put("cgroup/cpu/cpu.cfs_period_us", "100000\n");
    const HostFigures figures = machine.read();
    CHECK(figures.memory_used == 400'000);
    CHECK(figures.memory_limit == 1000 * 1024);
    CHECK(figures.pids_max == 5000);
    CHECK(figures.warnings.empty());
}

TEST_CASE("what cannot be read is not known, and nonsense is not believed") {
    const Machine machine;
    machine.put("cgroup/cgroup.controllers", "memory\n");
    machine.put("cgroup/cpu.max", "fast\n");
    machine.put("cgroup/pids.max", "-7\n");
    const HostFigures figures = machine.read();
    CHECK_FALSE(figures.memory_used);
    CHECK_FALSE(figures.pids_max);
    CHECK(figures.warnings.empty());
}

TEST_CASE("a volume that can be written is ok, and nothing is left on it") {
    const auto folder = sys::TempDirectory::make("/tmp", "volume-").value();
    const VolumeFigures figures = judge_volume(measured(folder.path()), false, "/workspace");
    CHECK(figures.state == "ok");
    CHECK(figures.total > 0);
    CHECK(figures.used <= figures.total);
    CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a volume that is missing or a file says so") {
    CHECK(judge_volume(measured("/no/such/volume"), false, "/v").state == "missing");
    CHECK(judge_volume(measured("/etc/passwd"), false, "/v").state == "missing");
    CHECK(judge_volume(measured("/proc/self"), false, "/v").state != "ok");  // nothing can be made there
}

TEST_CASE("a full volume says so, and leaves nothing on it") {
    TinyDisk::with([](const TinyDisk& disk) {
        disk.resize(1 << 20);
        std::ofstream(disk.path() / "all") << std::string(2 << 20, 'x');
        const VolumeFigures figures = judge_volume(measured(disk.path()), false, "/workspace");
        CHECK(figures.state == "full");
        CHECK(figures.used > 1'000'000);
    });
}

TEST_CASE("a worker that is late means a frozen volume, whose size may be known") {
    const VolumeFigures late = judge_volume("{\"total\":10,\"used\":4}\n", true, "/workspace");
    CHECK(late.state == "frozen");
    CHECK(late.reason.find("/workspace did not answer within 2 s") == 0);
    CHECK(late.total == 10);
    CHECK(judge_volume("", true, "/v").state == "frozen");
    CHECK(judge_volume("", false, "/v").state == "unknown");
    CHECK(judge_volume("nonsense\n{\"state\":\"happy\"}\n[]", false, "/v").state == "unknown");
    CHECK(judge_volume("{\"total\":10,\"used\":40}", false, "/v").total == std::nullopt);
    CHECK(judge_volume("{\"state\":\"full\",\"reason\":\"it is full\"}", false, "/v") ==
          VolumeFigures{"full", "it is full", std::nullopt, std::nullopt});
}

}  // namespace tmplbuild::console
