// SPDX-License-Identifier: Apache-2.0
// What /proc says about processes and sockets, who holds a port, why a program was not executed, whose memory kill it
// was: each from text or from this machine.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>

#include "supervisor/exec_failure.hpp"
#include "supervisor/listeners.hpp"
#include "supervisor/memory_kills.hpp"
#include "supervisor/process_table.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
using namespace tmplbuild::launch;

namespace {

Process process(pid_t pid, pid_t parent) {
    Process out;
    out.pid = pid;
    out.parent = parent;
    return out;
}

void write(const std::filesystem::path& file, const std::string& text) { std::ofstream(file) << text; }

}  // namespace

TEST_CASE("a line of /proc/PID/stat is read, whatever the program's name is") {
    const std::string rest = " 1 41 42 0 -1 4194560 9 0 0 0 1 2 0 0 20 0 1 0 987654 1 2 3 4 5 6 7 8 0 0 0 0 0";
    const auto found = parse_process("40 (a) S 7 (b) S" + rest);
    REQUIRE(found);
    CHECK(found->pid == 40);
    CHECK(found->name == "a) S 7 (b");
    CHECK(found->parent == 1);
    CHECK(found->group == 41);
    CHECK(found->session == 42);
    CHECK(found->started == 987654);
    CHECK_FALSE(found->ended);
    CHECK_FALSE(found->dying);
    CHECK(parse_process("40 (x) Z" + rest)->ended);
    // The 31st field: signal 9 waits for it.
    CHECK(parse_process("40 (x) S 1 41 42 0 -1 4194560 9 0 0 0 1 2 0 0 20 0 1 0 987654 1 2 3 4 5 6 7 8 256 0")->dying);
    for (const char* bad : {"", "40", "40 (x", "40 (x)", "x (x) S 1 2 3", "40 (x) S 1 2", "0 (x) S"})
        CHECK_FALSE(parse_process(bad));
}

TEST_CASE("a process is traced to the child of an ancestor that it descends from") {
    const ProcessTable table({process(1, 0), process(10, 1), process(11, 10), process(12, 11), process(50, 0),
                              process(60, 61), process(61, 60)});
    CHECK(table.child_of(1, *table.find(12))->pid == 10);
    CHECK(table.child_of(1, *table.find(10))->pid == 10);
    CHECK(table.child_of(1, *table.find(50)) == nullptr);
    CHECK(table.child_of(1, *table.find(60)) == nullptr);  // a circle, as a table that is read in parts may hold
    CHECK(table.find(13) == nullptr);
}

TEST_CASE("this machine's processes are read, and what they were started with") {
    const auto table = ProcessTable::read();
    REQUIRE(table);
    REQUIRE(table->find(::getpid()) != nullptr);
    CHECK(table->find(::getpid())->parent == ::getppid());
    const pid_t child = ::fork();
    if (child == 0) {
        ::execl("/usr/bin/env", "env", "-i", "FIRST=1", "WANTED=a b", "sleep", "30", nullptr);
        ::_exit(1);
    }
    std::string value;
    for (int i = 0; i < 200 && value.empty(); ++i, ::usleep(10'000)) value = started_with(child, "WANTED");
    CHECK(value == "a b");
    CHECK(started_with(child, "ANTED").empty());
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
}

TEST_CASE("listening sockets of a port are found, the nearest address first") {
    const std::string head =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
    const auto line = [](const std::string& address, const std::string& state, int inode) {
        return "   0: " + address + " 00000000:0000 " + state +
               " 00000000:00000000 00:00000000 00000000     0        0 " + std::to_string(inode) +
               " 1 0000000000000000 100 0 0 10 0\n";
    };
    const std::string any4 = line("00000000:1F90", "0A", 11), own4 = line("0100007F:1F90", "0A", 12);
    const std::string any6 = line("00000000000000000000000000000000:1F90", "0A", 13);
    const std::string mapped = line("0000000000000000FFFF00000100007F:1F90", "0A", 14);
    CHECK(parse_listeners(head + any4, "", 8080) == Inodes{11});
    CHECK(parse_listeners(head + any4 + own4, head + any6, 8080) == Inodes{12});
    CHECK(parse_listeners(head, head + any6, 8080) == Inodes{13});
    CHECK(parse_listeners(head + own4, head + mapped, 8080) == Inodes{12, 14});
    CHECK(parse_listeners(head + any4, "", 8081).empty());
    CHECK(parse_listeners(head + line("00000000:1F90", "01", 11), "", 8080).empty());  // a connection
    CHECK(parse_listeners(head + line("0200007F:1F90", "0A", 11), "", 8080).empty());  // 127.0.0.2
    CHECK(parse_listeners("nonsense\n\n0: x\n", "", 8080).empty());
}

TEST_CASE("who holds a port on this machine is seen") {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    const std::uint16_t port = ntohs(address.sin_port);
    REQUIRE(listeners_on(port));
    CHECK(listeners_on(port)->empty());
    REQUIRE(::listen(fd, 1) == 0);
    const auto inodes = listeners_on(port);
    REQUIRE(inodes);
    REQUIRE(inodes->size() == 1);
    CHECK(hold_any({::getpid()}, *inodes) == Holds::yes);
    CHECK(hold_any({::getpid()}, {1}) == Holds::no);
    CHECK(hold_any({}, *inodes) == Holds::no);
    ::close(fd);
}

TEST_CASE("why a program was not executed names the file, its interpreter or where it was looked for") {
    const auto folder = sys::TempDirectory::make("/tmp", "exec-failure-");
    REQUIRE(folder);
    const auto at = [&](const std::string& name) { return (folder->path() / name).string(); };
    const auto why = [](const std::string& file, int code) { return describe_exec_failure(file, code, "/a:/b"); };
    CHECK(why("bsah", ENOENT) == "cannot start its program bsah: it is in no folder of PATH (/a:/b)");
    CHECK(why(at("none"), ENOENT) == "cannot start its program " + at("none") + ": No such file or directory");
    CHECK(why(at(""), EACCES).ends_with("it is a folder"));
    write(at("script"), "#! /no/such/python3 -u\nx\n");
    CHECK(why(at("script"), ENOENT).ends_with("its interpreter /no/such/python3 (#!) is not in this image"));
    CHECK(why(at("script"), EACCES).find("chmod +x") != std::string::npos);
    write(at("windows"), "#!/bin/sh\r\nx\r\n");
    CHECK(why(at("windows"), ENOENT).find("carriage return") != std::string::npos);
    write(at("binary"),
          "\x7f"
          "ELF");
    CHECK(why(at("binary"), ENOENT).find("its loader is not in this image") != std::string::npos);
    CHECK(why(at("binary"), ENOEXEC).find("another processor") != std::string::npos);
    write(at("text"), "echo hi\n");
    CHECK(why(at("text"), ENOEXEC).find("first line '#!'") != std::string::npos);
}

TEST_CASE("a memory kill is charged to who dies of it, and not to one who is killed later") {
    const auto folder = sys::TempDirectory::make("/tmp", "memory-kills-");
    REQUIRE(folder);
    const auto file = folder->path() / "memory.events";
    const auto count = [&](int kills) { write(file, "low 0\noom 9\noom_kill " + std::to_string(kills) + "\n"); };
    count(3);
    MemoryKills memory;
    memory.begin(folder->path().string());
    REQUIRE(memory.fd() >= 0);
    CHECK_FALSE(memory.on_exit(true, 1'000));
    count(4);  // and its end is seen before the news of the counter
    CHECK(memory.on_exit(true, 2'000));
    CHECK_FALSE(memory.on_exit(true, 2'001));
    count(5);  // of somebody else's child
    memory.on_change(3'000);
    CHECK_FALSE(memory.on_exit(true, 5'000));
    count(6);
    memory.on_change(6'000);
    CHECK_FALSE(memory.on_exit(false, 6'010));  // an end of another kind
    CHECK(memory.on_exit(true, 6'020));
}

TEST_CASE("where the counter's moves are not told, one that was missed is not charged to the next") {
    const auto folder = sys::TempDirectory::make("/tmp", "memory-kills-");
    REQUIRE(folder);
    std::filesystem::create_directory(folder->path() / "memory");  // cgroup v1
    const auto file = folder->path() / "memory/memory.oom_control";
    const auto count = [&](int kills) { write(file, "under_oom 0\noom_kill " + std::to_string(kills) + "\n"); };
    count(0);
    MemoryKills memory;
    memory.begin(folder->path().string());
    CHECK(memory.fd() < 0);
    count(1);
    CHECK_FALSE(memory.on_exit(false, 10));  // read at each end
    CHECK_FALSE(memory.on_exit(true, 20));
    count(2);
    CHECK(memory.on_exit(true, 30));
}
