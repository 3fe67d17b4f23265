// SPDX-License-Identifier: Apache-2.0
// What a started program is given, and what is told where it could not be.
#include "sys/start_process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>

#include "support/catch.hpp"
#include "sys/clock.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;

namespace {

struct End {
    std::string printed, report;
    int status = 0;
};

sys::StartRequest shell(const std::string& script) {
    sys::StartRequest request;
    request.argv = {"sh", "-c", script};
    return request;
}

End run(sys::StartRequest request) {
    auto out = sys::Pipe::make();
    const auto null = sys::open_fd("/dev/null", O_RDONLY);
    request.stdio = {null->get(), out->write.get(), out->write.get()};
    auto started = sys::start_process(request);
    REQUIRE(started);
    out->write.reset();
    End end;
    end.printed = sys::read_open_file(out->read.get(), "the pipe", 1 << 20).value();
    ::waitpid(started->pid, &end.status, 0);
    end.report = sys::read_report(started->report.get());
    return end;
}

}  // namespace

TEST_CASE("a program gets its environment, folder, limits, umask and signals, and none of this program's descriptors") {
    ::signal(SIGPIPE, SIG_IGN);
    const auto own = sys::open_fd("/proc/self/stat", O_RDONLY);
    sys::StartRequest request =
        shell("echo $A $HOME; pwd; ulimit -n; umask; grep SigIgn /proc/self/status; test -e /proc/self/fd/" +
              std::to_string(own->get()) + " && echo open; exit 7");
    request.environment = {"A=1"};
    request.directory = "/proc";
    request.limits = {{RLIMIT_NOFILE, {77, 77}}};
    request.umask = 027;
    const End end = run(request);
    CHECK(end.printed == "1\n/proc\n77\n0027\nSigIgn:\t0000000000000000\n");
    CHECK(WEXITSTATUS(end.status) == 7);
    CHECK(end.report.empty());
    ::signal(SIGPIPE, SIG_DFL);
}

TEST_CASE("a program leads its own group, or its own session") {
    auto leads = [](sys::Standing standing) {
        sys::StartRequest request = shell("cut -d' ' -f1,5,6 /proc/$$/stat");
        request.standing = standing;
        const std::string text = run(request).printed;
        const std::string pid = text.substr(0, text.find(' '));
        return text == pid + " " + pid + " " +
                           (standing == sys::Standing::own_session ? pid : std::to_string(::getsid(0))) + "\n";
    };
    CHECK(leads(sys::Standing::own_group));
    CHECK(leads(sys::Standing::own_session));
}

TEST_CASE("what could not be done is told, and by default in words") {
    sys::StartRequest request = shell("exit 0");
    request.directory = "/proc/version";
    CHECK(run(request).report == "cannot enter its directory: Not a directory");
    CHECK(WEXITSTATUS(run(request).status) == 127);
    request.directory.clear();
    request.argv = {"no-such-program"};
    CHECK(run(request).report == "cannot start no-such-program: No such file or directory");
    request.explain = [](const sys::StartFailure& failure) {
        return std::to_string(failure.os_code) + (failure.step == sys::StartStep::execute ? " execute" : "");
    };
    CHECK(run(request).report == std::to_string(ENOENT) + " execute");
    // The first file that is there is the one that is told of, and a later one is tried all the same.
    const auto folder = sys::TempDirectory::make(std::filesystem::temp_directory_path(), "start-").value();
    REQUIRE(sys::write_file_atomic(folder.path() / "true", "no program", 0644));
    request.argv = {"true"};
    request.path = folder.path().string();
    CHECK(run(request).report == std::to_string(EACCES) + " execute");
    request.path += ":/usr/bin:/bin";
    CHECK(run(request).report.empty());
    CHECK_FALSE(sys::start_process({}));
}

TEST_CASE("a process that ends with its parent is killed with it") {
    auto pipe = sys::Pipe::make();
    const pid_t parent = sys::fork_child([&] {
        sys::StartRequest request;
        request.argv = {"sleep", "60"};
        request.ends_with_parent = true;
        const auto started = sys::start_process(request);
        const std::string pid = std::to_string(started ? started->pid : 0);
        (void)sys::read_report(started->report.get());  // until it is executed
        return sys::write_all(pipe->write.get(), sys::as_bytes(pid), "the pipe") ? 5 : 6;
    });
    REQUIRE(parent > 0);
    pipe->write.reset();
    const pid_t child = std::stoi(sys::read_open_file(pipe->read.get(), "the pipe", 100).value());
    int status = 0;
    ::waitpid(parent, &status, 0);
    CHECK(WEXITSTATUS(status) == 5);
    const auto until = sys::monotonic_ms() + 5'000;
    auto is_gone = [&] {
        const auto text = sys::read_file("/proc/" + std::to_string(child) + "/stat", 4096);
        return !text || text->find(") Z ") != std::string::npos;
    };
    while (!is_gone() && sys::monotonic_ms() < until) ::usleep(10'000);
    CHECK(is_gone());
}
