// SPDX-License-Identifier: Apache-2.0
#include "sys/kept_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "sys/file.hpp"

namespace tmplbuild::sys {
namespace {

constexpr const char* lock_name = "lock";

// Whether it is this user's, and nobody else may write to it.
Result<void> check_owner(int fd, const std::string& path, bool wants_folder) {
    struct stat info {};
    if (::fstat(fd, &info) != 0) return os_error("look at", path, errno);
    if (wants_folder ? !S_ISDIR(info.st_mode) : !S_ISREG(info.st_mode))
        return machine_error("'" + path + "' is not a " + (wants_folder ? "folder" : "regular file"));
    if (info.st_uid != ::geteuid())
        return machine_error("'" + path + "' belongs to user " + std::to_string(info.st_uid) +
                             ", not to the console's: it is not trusted");
    if ((info.st_mode & 022) != 0) return machine_error("others may write to '" + path + "': it is not trusted");
    return {};
}

Result<Fd> open_part(int at, const std::string& name, const std::string& path) {
    if (::mkdirat(at, name.c_str(), 0700) != 0 && errno != EEXIST) return os_error("make", path, errno);
    Fd fd(::openat(at, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd && (errno == ELOOP || errno == ENOTDIR)) return machine_error("'" + path + "' is not a folder");
    if (!fd) return os_error("open", path, errno);
    if (auto own = check_owner(fd.get(), path, true); !own) return own.error();
    return fd;
}

}  // namespace

Result<KeptFolder> KeptFolder::open(const std::string& parent, const std::vector<std::string>& names) {
    auto at = open_fd(parent, O_RDONLY | O_DIRECTORY);
    if (!at) return at.error();
    std::string path = parent;
    for (const std::string& name : names) {
        path += "/" + name;
        auto next = open_part(at->get(), name, path);
        if (!next) return next.error();
        *at = std::move(*next);
    }
    ::fchmod(at->get(), 0700);  // a read-only volume keeps the mode that it has: others may read names, not files
    return KeptFolder(std::move(*at), path);
}

Result<std::optional<std::string>> KeptFolder::read(const std::string& name, std::uint64_t limit) const {
    const std::string path = path_ + "/" + name;
    const Fd fd(::openat(fd_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!fd && errno == ENOENT) return std::optional<std::string>();
    if (!fd && errno == ELOOP) return machine_error("'" + path + "' is a link: it is not trusted");
    if (!fd) return os_error("open", path, errno);
    if (auto own = check_owner(fd.get(), path, false); !own) return own.error();
    auto text = read_open_file(fd.get(), path, limit);
    if (!text) return text.error();
    return std::optional<std::string>(std::move(*text));
}

// A file with a name of its own, complete on the disk; returns the name.
Result<std::string> KeptFolder::write_beside(std::string_view text) const {
    const std::string name = "new." + unique_suffix();
    const Fd fd(::openat(fd_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd) return os_error("create", path_ + "/" + name, errno);
    auto written = write_all(fd.get(), as_bytes(text), path_ + "/" + name);
    if (written) written = sync_fd(fd.get(), path_ + "/" + name);
    if (written) return name;
    ::unlinkat(fd_.get(), name.c_str(), 0);
    return written.error();
}

Result<void> KeptFolder::write(const std::string& name, std::string_view text) const {
    const auto made = write_beside(text);
    if (!made) return made.error();
    if (::renameat(fd_.get(), made->c_str(), fd_.get(), name.c_str()) == 0) return sync_fd(fd_.get(), path_);
    const int why = errno;
    ::unlinkat(fd_.get(), made->c_str(), 0);
    return os_error("write", path_ + "/" + name, why);
}

Result<bool> KeptFolder::write_new(const std::string& name, std::string_view text) const {
    const auto made = write_beside(text);
    if (!made) return made.error();
    const bool is_first = ::linkat(fd_.get(), made->c_str(), fd_.get(), name.c_str(), 0) == 0;
    const int why = errno;
    ::unlinkat(fd_.get(), made->c_str(), 0);
    if (is_first) return true;
    if (why == EEXIST) return false;
    // The volume knows no hard links.
    if (::faccessat(fd_.get(), name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) return false;
    if (auto written = write(name, text); !written) return written.error();
    return true;
}

Result<Fd> KeptFolder::lock_file() const {
    const std::string path = path_ + "/" + lock_name;
    Fd fd(::openat(fd_.get(), lock_name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
    if (!fd) return os_error("open", path, errno);
    if (auto own = check_owner(fd.get(), path, false); !own) return own.error();
    return fd;
}

Result<Fd> KeptFolder::lock() const {
    auto fd = lock_file();
    if (fd && ::flock(fd->get(), LOCK_EX) != 0) return os_error("lock", path_ + "/" + lock_name, errno);
    return fd;
}

Result<std::optional<Fd>> KeptFolder::try_lock() const {
    auto fd = lock_file();
    if (!fd) return fd.error();
    if (::flock(fd->get(), LOCK_EX | LOCK_NB) == 0) return std::optional<Fd>(std::move(*fd));
    if (errno == EWOULDBLOCK) return std::optional<Fd>();
    return os_error("lock", path_ + "/" + lock_name, errno);
}

}  // namespace tmplbuild::sys
