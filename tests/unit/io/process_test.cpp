// SPDX-License-Identifier: Apache-2.0
#include "io/process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <thread>

#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
using namespace tmplbuild::io;

static Command shell(const std::string& script) { return {.argv = {"/bin/sh", "-c", script}}; }

TEST_CASE("output, exit code and lines of a command are told") {
    SystemProcessRunner runner;
    std::vector<std::string> lines;
    Command command = shell("echo one; echo two >&2; printf three; exit 7");
    command.on_line = [&](std::string_view line) { lines.emplace_back(line); };
    auto result = runner.run(command, {});
    REQUIRE(result);
    CHECK(result->exit_code == 7);
    CHECK(result->out == "one\nthree");
    CHECK(lines.size() == 3);
    CHECK(result->peak_memory > 0);
    auto checked = runner.run_checked(shell("echo why; exit 3"), {}, "the step");
    REQUIRE_FALSE(checked);
    CHECK(checked.error().message == "the step failed (exit 3)");
    CHECK(checked.error().detail == "why");
}

TEST_CASE("standard input of any size arrives whole and its end is seen") {
    SystemProcessRunner runner;
    Command command = shell("wc -c");
    command.stdin_text = std::string(3'000'000, 'x');
    CHECK(runner.run(command, {}).value().out == "3000000\n");
    CHECK(runner.run(shell("wc -c"), {}).value().out == "0\n");
}

TEST_CASE("the environment is the given one alone, or an addition") {
    SystemProcessRunner runner;
    Command alone{.argv = {"/usr/bin/env"}, .environment = {{"A", "1"}}, .inherit_environment = false};
    CHECK(runner.run(alone, {}).value().out == "A=1\n");
    Command added = shell("test -n \"$PATH\" && echo $A");
    added.environment["A"] = "2";
    CHECK(runner.run(added, {}).value().out == "2\n");
}

TEST_CASE("a program that is not there is a machine error that names it") {
    SystemProcessRunner runner;
    auto result = runner.run({.argv = {"no-such-program-here"}}, {});
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::machine);
    CHECK(result.error().message.find("no-such-program-here") != std::string::npos);
    CHECK_FALSE(runner.run({.argv = {"/bin/true"}, .directory = "/no/such/folder"}, {}));
}

TEST_CASE("a time limit ends the whole process group") {
    SystemProcessRunner runner;
    Command command = shell("sleep 60 & echo $!; sleep 60");
    command.timeout = std::chrono::seconds(1);
    auto result = runner.run(command, {});
    REQUIRE(result);
    CHECK(result->timed_out);
    CHECK(result->seconds < 5);
    const pid_t left = static_cast<pid_t>(std::stol(result->out));
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    // Gone, or ended and waiting for whoever inherited it.
    std::ifstream status("/proc/" + std::to_string(left) + "/status");
    const std::string text((std::istreambuf_iterator<char>(status)), {});
    CHECK((text.empty() || text.find("State:\tZ") != std::string::npos));
}

TEST_CASE("nothing is started once a stop was asked for") {
    const auto folder = sys::TempDirectory::make(std::filesystem::temp_directory_path(), "process-test-").value();
    std::stop_source stop;
    stop.request_stop();
    SystemProcessRunner runner;
    const auto result = runner.run({.argv = {"touch", folder.path() / "started"}}, stop.get_token());
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::interrupted);
    CHECK_FALSE(std::filesystem::exists(folder.path() / "started"));
}

TEST_CASE("a stop ends a command that ignores TERM after its grace") {
    SystemProcessRunner runner;
    std::stop_source stop;
    std::jthread later([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        stop.request_stop();
    });
    const auto begin = std::chrono::steady_clock::now();
    auto result = runner.run(shell("trap '' TERM; while :; do sleep 0.1; done"), stop.get_token());
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::interrupted);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(6));
}

TEST_CASE("a command that left a child on its pipes does not hold the builder") {
    SystemProcessRunner runner;
    auto result = runner.run(shell("sleep 30 & echo done"), {});
    REQUIRE(result);
    CHECK(result->out == "done\n");
    CHECK(result->seconds < 5);
}

TEST_CASE("no line and no tail shows a secret, also one that stands across two pieces of an endless line") {
    SystemProcessRunner runner;
    Command command = shell(
        "printf 'a SECRETONE b\\n' >&2; head -c 65530 /dev/zero | tr '\\0' x; printf SECRETONE; "
        "head -c 65536 /dev/zero | tr '\\0' y");
    std::string seen;
    command.on_line = [&](std::string_view line) { seen += std::string(line) + "\n"; };
    command.mask.hide("SECRETONE\n");
    const auto result = runner.run(command, {});
    REQUIRE(result);
    CHECK(seen.find("a *** b\n") != std::string::npos);
    CHECK(seen.find("SECRET") == std::string::npos);
    CHECK(result->tail_text().find("SECRET") == std::string::npos);
    CHECK(std::count(seen.begin(), seen.end(), 'x') == 65530);
    CHECK(std::count(seen.begin(), seen.end(), 'y') == 65536);
    CHECK(std::count(seen.begin(), seen.end(), '*') == 6);
}

TEST_CASE("a program that is run inherits an ignored SIGHUP, as nohup wants it, and no other ignored signal") {
    SystemProcessRunner runner;
    const std::string ask = "grep SigIgn /proc/self/status";
    auto ignored = [&] {
        const std::string out = runner.run(shell(ask), {}).value().out;
        return std::stoul(out.substr(out.find(':') + 1), nullptr, 16);
    };
    const auto before = std::signal(SIGHUP, SIG_IGN);
    CHECK(ignored() == 1UL << (SIGHUP - 1));
    std::signal(SIGHUP, SIG_DFL);
    CHECK(ignored() == 0);
    std::signal(SIGHUP, before);
}

TEST_CASE("a program that is given this process's input reads that") {
    SystemProcessRunner runner;
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    REQUIRE(::write(ends[1], "given", 5) == 5);
    ::close(ends[1]);
    const int kept = ::dup(STDIN_FILENO);
    REQUIRE(::dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
    Command command = shell("cat");
    command.pass_stdin = true;
    CHECK(runner.run(command, {}).value().out == "given");
    ::dup2(kept, STDIN_FILENO);
    ::close(kept);
    ::close(ends[0]);
}

TEST_CASE("a tool that could not be executed leaves no process behind, and is told by errno") {
    SystemProcessRunner runner;
    const auto folder = sys::TempDirectory::make(std::filesystem::temp_directory_path(), "process-test-").value();
    REQUIRE(sys::write_file_atomic(folder.path() / "text", "no program", 0755));
    const auto result = runner.run({.argv = {folder.path() / "text"}}, {});
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::machine);
    CHECK(result.error().os_code == ENOEXEC);
    CHECK(runner.run({.argv = {"/bin/true"}, .directory = folder.path() / "text"}, {}).error().os_code == ENOTDIR);
    siginfo_t info{};
    (void)::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
    CHECK(info.si_pid == 0);
}

TEST_CASE("a tool sees its name as it was asked for, and none of this program's descriptors") {
    SystemProcessRunner runner;
    const int leaked = ::open("/proc/self/stat", O_RDONLY);  // as a library that forgets O_CLOEXEC
    const std::string file = "/proc/self/fd/" + std::to_string(leaked);
    CHECK(runner.run({.argv = {"sh", "-c", "echo $0; test -e " + file}}, {}).value().out == "sh\n");
    CHECK(runner.run(shell("test -e " + file), {}).value().exit_code == 1);
    ::close(leaked);
}

TEST_CASE("tools that are started side by side hold none of each other's pipes") {
    // Boost.Process makes its own pipe without O_CLOEXEC, and sets that afterwards.
    SystemProcessRunner runner;
    std::atomic<int> others{0};
    {
        const auto work = [&] {
            for (int i = 0; i < 100; ++i) {
                const auto result = runner.run({.argv = {"ls", "/proc/self/fd"}}, {});
                if (!result || result->out != "0\n1\n2\n3\n") ++others;  // 3 is the listed folder
            }
        };
        const std::jthread one(work), two(work), three(work);
    }
    CHECK(others == 0);
}

TEST_CASE("all of a large output arrives, of both streams, and its last lines are kept in order") {
    SystemProcessRunner runner;
    Command command = shell("i=0; while [ $i -lt 20000 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done");
    std::size_t lines = 0;
    command.on_line = [&](std::string_view) { ++lines; };
    command.keep_tail = 3;
    const auto result = runner.run(command, {});
    REQUIRE(result);
    CHECK(lines == 40'000);
    CHECK(std::count(result->out.begin(), result->out.end(), '\n') == 20'000);
    CHECK(result->tail.size() == 3);
    CHECK(result->out.ends_with("out 19999\n"));
}

TEST_CASE("what a tool took is its own, not that of an earlier and larger one") {
    SystemProcessRunner runner;
    const std::string large = "head -c 200000000 /dev/zero | tail -c 200000000 | wc -c";
    const auto first = runner.run(shell(large), {}).value(), second = runner.run({.argv = {"/bin/true"}}, {}).value();
    CHECK(first.peak_memory > 150'000'000);
    // A child has this process's size until it executes its program, and a sanitizer makes that large.
    std::ifstream statm("/proc/self/statm");
    std::uint64_t pages = 0, resident = 0;
    REQUIRE(statm >> pages >> resident);
    CHECK(second.peak_memory < std::max<std::uint64_t>(50'000'000, resident * 4096 + 10'000'000));
}

TEST_CASE("a stop ends all of a tool's group, and ends it though nothing is printed") {
    SystemProcessRunner runner;
    std::stop_source stop;
    std::string pid;
    Command command = shell("sleep 60 & echo $!; wait");
    command.on_line = [&](std::string_view line) {
        pid = line;
        stop.request_stop();
    };
    const auto begin = std::chrono::steady_clock::now();
    const auto result = runner.run(command, stop.get_token());
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::interrupted);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));
    bool gone = false;  // or ended, and waiting for whoever inherited it
    for (int i = 0; i < 100 && !gone; ++i) {
        const auto left = sys::read_file("/proc/" + pid + "/stat", 4096);
        gone = !left || left->find(") Z ") != std::string::npos;
        if (!gone) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    CHECK(gone);
}

TEST_CASE("input that is held does not end, and a tool that reads none of its input is no error") {
    SystemProcessRunner runner;
    Command holding = shell("timeout 0.3 cat; echo $?");
    holding.hold_stdin = true;
    CHECK(runner.run(holding, {}).value().out == "124\n");
    const auto before = std::signal(SIGPIPE, SIG_IGN);
    Command ignoring = shell("exec <&-; echo done");
    ignoring.stdin_text = std::string(3'000'000, 'x');
    CHECK(runner.run(ignoring, {}).value().out == "done\n");
    std::signal(SIGPIPE, before);
}
