// SPDX-License-Identifier: Apache-2.0
#include "podlog/stdout.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "podlog/helper.hpp"

namespace tmplbuild::launch {

static bool write_all(int fd, const char* text, std::size_t size) {
    while (size > 0) {
        const ssize_t wrote = ::write(fd, text, size);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return false;
        text += wrote;
        size -= static_cast<std::size_t>(wrote);
    }
    return true;
}

static int relay() {
    std::array<char, 16384> buffer{};
    for (;;) {
        const ssize_t got = ::read(3, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return 0;
        // A full disk takes nothing now and perhaps more later; a reader that has gone does not come back.
        if (!write_all(STDOUT_FILENO, buffer.data(), static_cast<std::size_t>(got)) && errno == EPIPE) return 0;
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
