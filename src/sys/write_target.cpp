// SPDX-License-Identifier: Apache-2.0
#include "sys/write_target.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

namespace tmplbuild::sys {

namespace fs = std::filesystem;

static constexpr int max_links = 40;  // as the kernel counts them (path_resolution(7))

// The name that the last link leads to; no file need be there. Links of /proc whose text is not a name ("pipe:[1]") do
// not get here, since stat(2) finds what they lead to.
static fs::path behind_links(fs::path file) {
    std::error_code failed;
    for (int links = 0; links < max_links && fs::is_symlink(fs::symlink_status(file, failed)); ++links) {
        const fs::path target = fs::read_symlink(file, failed);
        if (failed) break;
        file = target.is_absolute() ? target : file.parent_path() / target;
    }
    return file;
}

Result<WriteTarget> write_target(const fs::path& file) {
    struct stat facts {};
    if (::stat(file.c_str(), &facts) != 0) {
        if (errno == ENOENT || errno == ENOTDIR) return WriteTarget{WriteTarget::Kind::file, behind_links(file)};
        return os_error("look at", file.string(), errno);
    }
    const auto refused = [&](const char* what) {
        return usage_error("'" + file.string() + "' is " + what + ", which no output goes into",
                           "name a file, a pipe or a character device");
    };
    if (S_ISREG(facts.st_mode)) return WriteTarget{WriteTarget::Kind::file, behind_links(file)};
    if (S_ISFIFO(facts.st_mode) || S_ISCHR(facts.st_mode)) return WriteTarget{WriteTarget::Kind::stream, file};
    if (S_ISDIR(facts.st_mode)) return refused("a folder");
    return refused(S_ISBLK(facts.st_mode) ? "a block device" : "a socket");
}

Result<Fd> open_stream(const fs::path& file, const std::function<Result<void>()>& waiting) {
    for (;;) {
        Fd fd(::open(file.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
        if (fd) {
            // Only the open may not block; writes wait for a slow reader.
            const int flags = ::fcntl(fd.get(), F_GETFL);
            if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags & ~O_NONBLOCK) != 0)
                return os_error("open", file.string(), errno);
            return fd;
        }
        if (errno != ENXIO && errno != EINTR) return os_error("open", file.string(), errno);
        if (waiting)
            if (auto on = waiting(); !on) return on.error();
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

}  // namespace tmplbuild::sys
