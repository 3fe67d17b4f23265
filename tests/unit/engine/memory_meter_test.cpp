// SPDX-License-Identifier: Apache-2.0
#include "engine/sandbox/memory_meter.hpp"

#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
namespace fs = std::filesystem;

namespace {

struct Machine {
    sys::TempDirectory folder = sys::TempDirectory::make(fs::temp_directory_path(), "meter-test-").value();
    void file(const std::string& path, const std::string& text) const {
        REQUIRE(sys::write_file_atomic(folder.path() / path, text));
    }
    KernelFiles kernel() const { return {folder.path() / "cg", folder.path() / "proc"}; }
    StepGroup group() const { return step_group("step", kernel()); }
    // What a group of version 2 says.
    void says(std::uint64_t now, std::uint64_t peak, std::uint64_t files, std::uint64_t shmem) const {
        file("cg/own/step/memory.current", std::to_string(now) + "\n");
        if (peak != 0) file("cg/own/step/memory.peak", std::to_string(peak) + "\n");
        file("cg/own/step/memory.stat",
             "anon 1\nfile_mapped 7\nfile " + std::to_string(files) + "\nshmem " + std::to_string(shmem) + "\n");
    }
    void process(const std::string& id, const std::string& of, std::uint64_t anon, std::uint64_t mapped,
                 std::uint64_t shmem) const {
        file("proc/" + id + "/status", "Name:\tnvcc\nTgid:\t" + of + "\nRssAnon:\t   " + std::to_string(anon) +
                                           " kB\nRssFile:\t " + std::to_string(mapped) + " kB\nRssShmem:\t " +
                                           std::to_string(shmem) + " kB\n");
    }
};

Machine machine_v2() {
    Machine machine;
    machine.file("proc/self/cgroup", "0::/own\n");
    machine.file("cg/cgroup.controllers", "cpu memory\n");
    machine.file("cg/own/cgroup.procs", "1\n");
    return machine;
}

}  // namespace

TEST_CASE("a step's group lies below the builder's own, where its limits hold") {
    const Machine v2 = machine_v2();
    CHECK(v2.group().for_runc == "/own/step");
    CHECK(v2.group().folder == v2.folder.path() / "cg/own/step");
    // A container that shows its own group as the root.
    v2.file("proc/self/cgroup", "0::/docker/x\n");
    CHECK(v2.group().for_runc == "/step");
    v2.file("proc/self/cgroup", "0::/\n");
    CHECK(v2.group().for_runc == "/step");

    const Machine v1;
    v1.file("proc/self/cgroup", "9:memory:/a/b\n4:devices:/a\n0::/\n");
    v1.file("cg/devices/a/tasks", "");
    CHECK(v1.group().folder == v1.folder.path() / "cg/devices/a/step");  // a kernel without memory control
    v1.file("cg/memory/a/b/tasks", "");
    CHECK(v1.group().folder == v1.folder.path() / "cg/memory/a/b/step");
    CHECK(v1.group().for_runc == "step");  // runc puts it below our own, in each hierarchy
}

TEST_CASE("what a step held is its group's peak without the file cache") {
    const Machine machine = machine_v2();
    MemoryMeter meter(machine.group(), machine.kernel());
    meter.look();
    CHECK(meter.peak() == 0);  // runc has not made it yet
    machine.says(100, 100, 20, 5);
    meter.look();
    CHECK(meter.peak() == 100);  // the cache of a first look may have come after the peak
    machine.says(400, 400, 150, 5);
    meter.look();
    CHECK(meter.peak() == 385);
    // A file was read, which the counter takes for a new peak.
    machine.says(1400, 1400, 1150, 0);
    meter.look();
    CHECK(meter.peak() == 1255);
    // The counter has not moved since: what is held now counts.
    machine.says(1390, 1400, 30, 10);
    meter.look();
    CHECK(meter.peak() == 1370);
    // Between two looks it held more.
    machine.says(50, 2000, 30, 10);
    meter.look();
    CHECK(meter.peak() == 1980);
}

TEST_CASE("a kernel without a peak counter is looked at") {
    const Machine machine = machine_v2();
    MemoryMeter meter(machine.group(), machine.kernel());
    machine.says(500, 0, 0, 0);
    meter.look();
    machine.says(300, 0, 0, 0);
    meter.look();
    CHECK(meter.peak() == 500);
}

TEST_CASE("version 1 counts the same in other words") {
    const Machine machine;
    machine.file("proc/self/cgroup", "9:memory:/own\n");
    machine.file("cg/memory/own/tasks", "");
    MemoryMeter meter(machine.group(), machine.kernel());
    const std::string step = "cg/memory/own/step/";
    machine.file(step + "memory.usage_in_bytes", "700\n");
    machine.file(step + "memory.max_usage_in_bytes", "700\n");
    machine.file(step + "memory.stat", "cache 1\nshmem 1\ntotal_cache 300\ntotal_shmem 100\n");
    meter.look();
    CHECK(meter.peak() == 700);
    machine.file(step + "memory.max_usage_in_bytes", "1000\n");
    meter.look();
    CHECK(meter.peak() == 800);
    CHECK_FALSE(meter.killed());
    machine.file(step + "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n");
    CHECK_FALSE(meter.killed());
    machine.file(step + "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
    CHECK(meter.killed());
}

TEST_CASE("without a memory controller the processes are added up, what may be shared once") {
    const Machine machine = machine_v2();
    machine.file("cg/own/memory.events", "low 0\noom 4\noom_kill 4\n");
    MemoryMeter meter(machine.group(), machine.kernel());
    machine.process("10", "10", 1000, 50, 0);
    machine.process("11", "11", 2000, 40, 20);
    machine.process("12", "12", 9000, 0, 0);  // another's
    machine.file("cg/own/step/cgroup.procs", "10\n11\n0\n99\n");
    meter.look();
    CHECK(meter.peak() == 3060 * 1024);
    // Threads of one process are one.
    machine.process("13", "11", 2000, 40, 20);
    machine.process("10", "10", 1500, 50, 0);
    fs::remove(machine.folder.path() / "cg/own/step/cgroup.procs");
    machine.file("cg/own/step/cgroup.threads", "10\n11\n13\n");
    meter.look();
    CHECK(meter.peak() == 3560 * 1024);
    // A kill is seen in the group above.
    CHECK_FALSE(meter.killed());
    machine.file("cg/own/memory.events", "low 0\noom 5\noom_kill 5\n");
    CHECK(meter.killed());
}
