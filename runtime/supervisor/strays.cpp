// SPDX-License-Identifier: Apache-2.0
#include "supervisor/strays.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>

namespace tmplbuild::launch {

void signal_strays(int number) {
    if (::getpid() == 1) {
        ::kill(-1, number);  // kill(2): everything but PID 1 itself
        return;
    }
    // proc(5): the children of the calling thread, as numbers with spaces between.
    const std::string file = "/proc/self/task/" + std::to_string(::getpid()) + "/children";
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    std::string text;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::read(fd, buffer, sizeof buffer)) > 0;)
        text.append(buffer, static_cast<std::size_t>(got));
    ::close(fd);
    for (const char* at = text.c_str(); *at != '\0';) {
        char* end = nullptr;
        const long pid = std::strtol(at, &end, 10);
        if (end == at) return;
        if (pid > 1) ::kill(static_cast<pid_t>(pid), number);
        at = *end == ' ' ? end + 1 : end;
    }
}

}  // namespace tmplbuild::launch
