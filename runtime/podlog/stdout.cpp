// SPDX-License-Identifier: Apache-2.0
#include "podlog/stdout.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "podlog/helper.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::launch {

static int relay() {
    std::array<char, 16384> buffer{};
    for (;;) {
        const ssize_t got = ::read(3, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return 0;
        // A full disk takes nothing now and perhaps more later; a reader that has gone does not come back.
        const auto text = std::string_view(buffer.data(), static_cast<std::size_t>(got));
        const auto put = sys::write_all(STDOUT_FILENO, sys::as_bytes(text), "stdout");
        if (!put && put.error().os_code == EPIPE) return 0;
    }
}

NonblockingStdout open_stdout() {
    NonblockingStdout out;
    struct stat facts {};
    if (::fstat(STDOUT_FILENO, &facts) != 0) return out;
    if (S_ISSOCK(facts.st_mode)) {
        out.fd = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
        out.socket = true;
        return out;
    }
    if (S_ISFIFO(facts.st_mode) || S_ISCHR(facts.st_mode)) {
        out.fd = ::open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        if (out.fd >= 0) return out;
    }
    std::array<int, 2> pipe{-1, -1};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return out;
    ::fcntl(pipe[1], F_SETFL, O_NONBLOCK);
    out.relay = fork_helper("stdout-relay", {pipe[0]}, true, relay);
    ::close(pipe[0]);
    out.fd = pipe[1];
    return out;
}

}  // namespace tmplbuild::launch
