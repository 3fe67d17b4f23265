// SPDX-License-Identifier: Apache-2.0
#include "podlog/helper.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

#include "sys/start_process.hpp"

namespace tmplbuild::launch {

void close_from(int first) {
#ifdef SYS_close_range
    if (::syscall(SYS_close_range, static_cast<unsigned>(first), ~0U, 0U) == 0) return;
#endif
    const long limit = ::sysconf(_SC_OPEN_MAX);
    for (int fd = first; fd < (limit > 0 && limit < 65536 ? limit : 65536); ++fd) ::close(fd);
}

pid_t fork_helper(const char* name, std::vector<int> keep, bool stdio, const std::function<int()>& body) {
    return sys::fork_child([&] {
        ::setpgid(0, 0);
        ::prctl(PR_SET_NAME, name);
        for (const int number : {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGPIPE, SIGTSTP, SIGTTOU, SIGTTIN})
            ::signal(number, SIG_IGN);
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        // Each descriptor is first moved above the numbers that will be used, then to its own number.
        for (int& fd : keep) fd = ::fcntl(fd, F_DUPFD, 64);
        int place = 3;
        for (const int fd : keep) ::dup2(fd, place++);
        if (!stdio) {
            const int null = ::open("/dev/null", O_RDWR);
            for (int fd = 0; fd < 3; ++fd)
                if (null < 0)
                    ::close(fd);
                else
                    ::dup2(null, fd);
        }
        close_from(place);
        return body();
    });
}

}  // namespace tmplbuild::launch
