// SPDX-License-Identifier: Apache-2.0
#include "sys/kernel_numbers.hpp"

#include <fstream>

#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;

namespace {

struct Machine {
    sys::TempDirectory folder = sys::TempDirectory::make(std::filesystem::temp_directory_path(), "numbers-").value();
    void file(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories((folder.path() / name).parent_path());
        std::ofstream(folder.path() / name) << text;
    }
    std::filesystem::path operator/(const std::string& name) const { return folder.path() / name; }
};

}  // namespace

TEST_CASE("a file's one number is read, and no limit is none") {
    const Machine machine;
    const auto of = [&](const std::string& text) {
        machine.file("f", text);
        return sys::number_in(machine / "f");
    };
    CHECK(of("4096\n") == 4096U);
    CHECK(of("18446744073709551615") == ~std::uint64_t{0});
    CHECK_FALSE(of("max\n"));
    CHECK_FALSE(of("-1\n"));
    CHECK_FALSE(of(""));
    CHECK_FALSE(sys::number_in(machine / "missing"));
}

TEST_CASE("a line's number is found by its whole key, and kilobytes are told in bytes") {
    const Machine machine;
    machine.file("f", "MemTotalHuge:  1 kB\nMemTotal:       24 kB\nfile 7\nfile_mapped 8\nodd: x\nlast 9");
    CHECK(sys::number_in(machine / "f", "MemTotal") == 24U << 10);
    CHECK(sys::number_in(machine / "f", "file") == 7U);
    CHECK(sys::number_in(machine / "f", "file_mapped") == 8U);
    CHECK(sys::number_in(machine / "f", "last") == 9U);
    CHECK_FALSE(sys::number_in(machine / "f", "odd"));
    CHECK_FALSE(sys::number_in(machine / "f", "Mem"));
}

TEST_CASE("a process's group is found in both versions of control groups") {
    const Machine machine;
    machine.file("self/cgroup", "12:cpu,cpuacct:/docker/a\n4:memory:/docker/b\n0::/c\n");
    CHECK(sys::own_cgroup(machine.folder.path(), "cpu") == "/docker/a");
    CHECK(sys::own_cgroup(machine.folder.path(), "memory") == "/docker/b");
    CHECK(sys::own_cgroup(machine.folder.path(), "") == "/c");
    CHECK(sys::own_cgroup(machine.folder.path(), "pids").empty());
}

TEST_CASE("a container's kills for memory are counted where its version of control groups says them") {
    const Machine machine;
    CHECK_FALSE(sys::memory_kills_of_container(machine.folder.path()));
    machine.file("memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
    CHECK(sys::memory_kills_of_container(machine.folder.path()) == 2U);
    machine.file("memory.events", "low 0\noom 9\noom_kill 3\noom_group_kill 1\n");
    CHECK(sys::memory_kills_of_container(machine.folder.path()) == 3U);
}
