// SPDX-License-Identifier: Apache-2.0
#include "kernel_job/lease.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace tmplbuild::job {

static std::int64_t clock_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

Lease::~Lease() {
    if (ours_) ::unlink(file_.c_str());
}

bool Lease::take() {
    const int fd = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) return errno != EEXIST;  // no place for a lease: compile all the same
    ::close(fd);
    ours_ = true;
    return true;
}

bool Lease::is_alive(std::int64_t seconds) {
    struct stat info {};
    if (::stat(file_.c_str(), &info) != 0) return false;
    const std::string now = std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec);
    if (now != seen_) {
        seen_ = now;
        seen_since_ = clock_seconds();
    }
    return clock_seconds() - seen_since_ < seconds;
}

void Lease::break_it() const { ::unlink(file_.c_str()); }

void Lease::renew() const {
    if (ours_) ::utimensat(AT_FDCWD, file_.c_str(), nullptr, 0);
}

}  // namespace tmplbuild::job
