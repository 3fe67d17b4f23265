// SPDX-License-Identifier: Apache-2.0
#include "sys/locked_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

namespace tmplbuild::sys {

Result<std::optional<Fd>> open_locked(const std::filesystem::path& place) {
    for (;;) {
        auto file = open_fd(place, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
        if (!file) return file.error();
        if (::flock(file->get(), LOCK_EX | LOCK_NB) != 0) {
            if (errno == EINTR) continue;
            if (errno == EWOULDBLOCK) return std::optional<Fd>();
            return os_error("lock", place, errno);
        }
        struct stat held {
        }, named{};
        if (::fstat(file->get(), &held) != 0) return os_error("look at", place, errno);
        // A holder before may have removed or renamed it.
        if (::stat(place.c_str(), &named) == 0 && held.st_dev == named.st_dev && held.st_ino == named.st_ino)
            return std::optional<Fd>(std::move(*file));
    }
}

}  // namespace tmplbuild::sys
