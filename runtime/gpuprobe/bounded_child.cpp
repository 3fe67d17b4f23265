// SPDX-License-Identifier: Apache-2.0
#include "gpuprobe/bounded_child.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "sys/start_process.hpp"

namespace tmplbuild::gpu {

using Clock = std::chrono::steady_clock;

static int left_ms(Clock::time_point deadline) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    return left > 0 ? static_cast<int>(left) : 0;
}

// False when the deadline passed before the end.
static bool read_all(int fd, Clock::time_point deadline, std::size_t limit, std::string& text) {
    for (;;) {
        pollfd ready{fd, POLLIN, 0};
        const int count = ::poll(&ready, 1, left_ms(deadline));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        std::array<char, 16384> buffer{};
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return true;
        if (text.size() < limit) text.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

// A process that hangs in a system call (state D) outlives KILL, so this waits for the rest of the deadline at most.
static bool reap(pid_t pid, Clock::time_point deadline, int& status) {
    for (;;) {
        if (::waitpid(pid, &status, WNOHANG) == pid) return true;
        if (left_ms(deadline) == 0) return false;
        ::usleep(2'000);
    }
}

ChildAnswer ask_child(const std::function<void(int)>& work, std::chrono::milliseconds pause, std::size_t limit) {
    const auto deadline = Clock::now() + pause;
    auto pipe = sys::Pipe::make();
    if (!pipe) return {ChildAnswer::Kind::crashed, 0, {}};
    const pid_t pid = sys::fork_child([&] {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        pipe->read.reset();
        const rlimit none{0, 0};
        ::setrlimit(RLIMIT_CORE, &none);  // a crash of the driver must not leave a core file in the service's folder
        work(pipe->write.get());
        return 0;
    });
    if (pid < 0) return {ChildAnswer::Kind::crashed, 0, {}};
    pipe->write.reset();
    ChildAnswer out;
    int status = 0;
    const bool ended = read_all(pipe->read.get(), deadline, limit, out.text) && reap(pid, deadline, status);
    if (!ended) {
        ::kill(pid, SIGKILL);
        reap(pid, Clock::now() + std::chrono::milliseconds(200), status);
        out.kind = ChildAnswer::Kind::hangs;
        return out;
    }
    out.kind = WIFSIGNALED(status) ? ChildAnswer::Kind::crashed : ChildAnswer::Kind::ended;
    out.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    return out;
}

}  // namespace tmplbuild::gpu
