// SPDX-License-Identifier: Apache-2.0
#include "kernel_job/command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "base/text.hpp"
#include "sys/clock.hpp"
#include "sys/start_process.hpp"

namespace tmplbuild::job {

namespace {

volatile std::sig_atomic_t stop_flag = 0;  // a signal handler may set nothing else

sys::StartRequest process_of(const Command& command, int in, int out) {
    sys::StartRequest process;
    process.argv = command.argv;
    for (const auto& [name, value] : command.environment) process.environment.push_back(name + "=" + value);
    const auto path = command.environment.find("PATH");
    process.path = path == command.environment.end() ? "/usr/bin:/bin" : path->second;
    process.directory = command.directory;
    process.stdio = {in, out, out};
    process.ends_with_parent = true;
    return process;
}

class Running {
  public:
    Running(const Command& command, pid_t pid, int out) : command_(command), pid_(pid), out_(out) {}

    CommandEnd follow() {
        const std::int64_t begun = sys::monotonic_ms();
        int status = 0;
        while (!read_some()) {
            const std::int64_t seconds = (sys::monotonic_ms() - begun) / 1000;
            std::optional<std::string> why;
            if (stop_flag != 0) why = "the pod stops";
            if (!why && command_.seconds > 0 && seconds > command_.seconds)
                why = "it took longer than " + human_seconds(static_cast<double>(command_.seconds));
            if (!why && command_.watch) why = command_.watch(seconds);
            if (!why) continue;
            ::kill(-pid_, SIGKILL);
            end_.why = *why;
            end_.stopped = true;
            break;
        }
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
        ::kill(-pid_, SIGKILL);  // the command may have left processes running
        if (end_.stopped) return std::move(end_);
        end_.ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
        if (!end_.ok)
            end_.why = WIFSIGNALED(status) ? "it was killed by signal " + std::to_string(WTERMSIG(status))
                                           : "it ended with exit code " + std::to_string(WEXITSTATUS(status));
        return std::move(end_);
    }

  private:
    // Waits for output, half a second at most. True at the end of the output.
    bool read_some() {
        pollfd ready{out_, POLLIN, 0};
        if (::poll(&ready, 1, 500) <= 0) return gone();
        std::array<char, 16384> buffer{};
        const ssize_t got = ::read(out_, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) return false;
        if (got <= 0) return true;
        const std::string_view part(buffer.data(), static_cast<std::size_t>(got));
        if (::write(2, part.data(), part.size()) < 0) return false;  // the log is gone; the work goes on
        end_.tail += part;
        if (end_.tail.size() > 16'000) end_.tail.erase(0, end_.tail.size() - 8'000);
        return false;
    }
    // A process that the command started may keep the pipe open, so the end of the command itself counts.
    bool gone() const {
        siginfo_t info{};
        return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid_;
    }

    const Command& command_;
    pid_t pid_;
    int out_;
    CommandEnd end_;
};

}  // namespace

CommandEnd run_command(const Command& command) {
    auto pipe = sys::Pipe::make();
    if (!pipe) return {.why = pipe.error().message};
    const auto null = sys::open_fd("/dev/null", O_RDONLY);
    if (!null) return {.why = null.error().message};
    const auto started = sys::start_process(process_of(command, null->get(), pipe->write.get()));
    if (!started) return {.why = started.error().message};
    pipe->write.reset();
    CommandEnd end = Running(command, started->pid, pipe->read.get()).follow();
    // The report ends with the command, even where processes that the command left still run.
    if (const std::string why = sys::read_report(started->report.get()); !why.empty()) end.why = why;
    return end;
}

void end_on_term() {
    struct sigaction action {};
    action.sa_handler = [](int) { stop_flag = 1; };
    ::sigaction(SIGTERM, &action, nullptr);
    ::sigaction(SIGINT, &action, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
}

bool stop_asked() { return stop_flag != 0; }

void pause_seconds(std::int64_t seconds) {
    for (std::int64_t i = 0; i < seconds * 10 && stop_flag == 0; ++i) ::usleep(100'000);
}

}  // namespace tmplbuild::job
