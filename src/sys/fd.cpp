// SPDX-License-Identifier: Apache-2.0
#include "sys/fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace tmplbuild::sys {

void Fd::reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

Result<Fd> open_fd(const std::filesystem::path& file, int flags, unsigned mode) {
    int fd = -1;
    do {
        fd = ::open(file.c_str(), flags | O_CLOEXEC, mode);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) return os_error((flags & O_CREAT) != 0 ? "create" : "open", file.string(), errno);
    return Fd(fd);
}

Result<void> write_all(int fd, std::span<const std::byte> data, const std::string& name) {
    while (!data.empty()) {
        const ssize_t n = ::write(fd, data.data(), data.size());
        if (n < 0) {
            if (errno == EINTR) continue;
            return os_error("write", name, errno);
        }
        data = data.subspan(static_cast<std::size_t>(n));
    }
    return {};
}

Result<std::size_t> read_full(int fd, std::span<std::byte> into, const std::string& name) {
    std::size_t done = 0;
    while (done < into.size()) {
        const ssize_t n = ::read(fd, into.data() + done, into.size() - done);
        if (n < 0) {
            if (errno == EINTR) continue;
            return os_error("read", name, errno);
        }
        if (n == 0) break;
        done += static_cast<std::size_t>(n);
    }
    return done;
}

Result<void> sync_fd(int fd, const std::string& name) {
    while (::fsync(fd) != 0)
        if (errno != EINTR) return os_error("fsync", name, errno);
    return {};
}

Result<void> sync_directory(const std::filesystem::path& directory) {
    auto fd = open_fd(directory.empty() ? std::filesystem::path(".") : directory, O_RDONLY | O_DIRECTORY);
    if (!fd) return fd.error();
    return sync_fd(fd->get(), directory.string());
}

}  // namespace tmplbuild::sys
