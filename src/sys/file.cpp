// SPDX-License-Identifier: Apache-2.0
#include "sys/file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <random>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "sys/fd.hpp"
#include "sys/write_target.hpp"

namespace tmplbuild::sys {

std::string unique_suffix() {
    // The process id tells forked processes apart, the counter the calls of one process, and the random part the
    // machines that share the folder over a network.
    static std::atomic<unsigned> counter{0};
    static const unsigned random = std::random_device{}();
    return std::to_string(::getpid()) + "-" + std::to_string(counter.fetch_add(1)) + "-" + std::to_string(random);
}

Result<std::string> read_file(const fs::path& file, std::uint64_t limit) {
    auto fd = open_fd(file, O_RDONLY);
    if (!fd) return fd.error();
    return read_open_file(fd->get(), file.string(), limit);
}

Result<std::string> read_open_file(int fd, const std::string& name, std::uint64_t limit) {
    struct stat info {};
    if (::fstat(fd, &info) != 0) return os_error("read", name, errno);
    if (S_ISDIR(info.st_mode)) return os_error("read", name, EISDIR);
    std::string text;
    // Files of /proc report a size of 0 bytes, and a file may grow meanwhile, so the reading goes on until the end.
    text.resize(std::min<std::uint64_t>(static_cast<std::uint64_t>(info.st_size) + 1, limit + 1));
    std::size_t size = 0;
    for (;;) {
        auto n = read_full(fd, std::as_writable_bytes(std::span(text)).subspan(size), name);
        if (!n) return n.error();
        size += *n;
        if (size < text.size()) break;
        if (size > limit) return build_error("file " + name + " is larger than the limit of " + human_bytes(limit));
        text.resize(std::min<std::uint64_t>(text.size() * 2 + 4096, limit + 1));
    }
    text.resize(size);
    return text;
}

Result<std::string> read_beginning(const fs::path& file, std::size_t limit) {
    const auto fd = open_fd(file, O_RDONLY);
    if (!fd) return fd.error();
    std::string text;
    std::array<char, 16384> part{};
    for (std::size_t got = part.size(); got == part.size() && text.size() < limit;) {
        const std::size_t room = std::min(part.size(), limit - text.size());
        const auto read = read_full(fd->get(), std::as_writable_bytes(std::span(part).first(room)), file.string());
        if (!read) return read.error();
        got = *read;
        text.append(part.data(), got);
    }
    return text;
}

Result<void> make_directories(const fs::path& directory) {
    if (directory.empty()) return {};
    std::error_code error;
    fs::create_directories(directory, error);
    if (error) return os_error("make folder", directory.string(), error.value());
    return {};
}

Result<void> make_own_folder(const fs::path& folder, unsigned mode) {
    if (::mkdir(folder.c_str(), static_cast<mode_t>(mode)) != 0 && errno != EEXIST)
        return os_error("make folder", folder.string(), errno);
    struct stat facts {};
    if (::lstat(folder.c_str(), &facts) != 0) return os_error("look at", folder.string(), errno);
    const bool others_write =
        (facts.st_mode & S_IWOTH) != 0 || ((facts.st_mode & S_IWGRP) != 0 && facts.st_gid != ::getegid());
    if (!S_ISDIR(facts.st_mode) || facts.st_uid != ::geteuid() || others_write)
        return machine_error("'" + folder.string() + "' is not a folder of this user's own",
                             "somebody else made it; remove it");
    return {};
}

static Result<void> write_and_sync(const fs::path& temporary, std::string_view content, unsigned mode) {
    auto fd = open_fd(temporary, O_WRONLY | O_CREAT | O_EXCL, mode);
    if (!fd) return fd.error();
    if (auto written = write_all(fd->get(), as_bytes(content), temporary.string()); !written) return written;
    // open(2) applied the umask; this sets the mode that was asked for.
    if (::fchmod(fd->get(), static_cast<mode_t>(mode)) != 0)
        return os_error("set the mode of", temporary.string(), errno);
    return sync_fd(fd->get(), temporary.string());
}

Result<void> write_file_atomic(const fs::path& file, std::string_view content, unsigned mode) {
    const fs::path folder = file.parent_path();
    if (auto made = make_directories(folder); !made) return made;
    const fs::path temporary = folder / ("." + file.filename().string() + ".tmp-" + unique_suffix());
    auto written = write_and_sync(temporary, content, mode);
    if (written && ::rename(temporary.c_str(), file.c_str()) != 0)
        written = os_error("rename a new file to", file.string(), errno);
    if (!written) {
        ::unlink(temporary.c_str());
        return written;
    }
    return sync_directory(folder);
}

Result<void> write_named_file(const fs::path& named, std::string_view content, unsigned mode) {
    auto target = write_target(named);
    if (!target) return target.error();
    if (target->kind == WriteTarget::Kind::file) return write_file_atomic(target->path, content, mode);
    auto stream = open_stream(target->path);
    if (!stream) return stream.error();
    return write_all(stream->get(), as_bytes(content), target->path.string());
}

Result<void> rename_path(const fs::path& from, const fs::path& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) return os_error("move in place", to.string(), errno);
    return {};
}

Result<std::uint64_t> free_bytes(const fs::path& directory) {
    struct statvfs info {};
    if (::statvfs(directory.c_str(), &info) != 0) return os_error("read the free space of", directory.string(), errno);
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

TempDirectory::TempDirectory(TempDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}

TempDirectory& TempDirectory::operator=(TempDirectory&& other) noexcept {
    if (this != &other) {
        if (!path_.empty()) (void)remove_tree(path_);
        path_ = std::exchange(other.path_, {});
    }
    return *this;
}

TempDirectory::~TempDirectory() {
    if (!path_.empty()) (void)remove_tree(path_);
}

fs::path TempDirectory::release() { return std::exchange(path_, {}); }

Result<TempDirectory> TempDirectory::make(const fs::path& parent, std::string_view prefix) {
    if (auto made = make_directories(parent); !made) return made.error();
    for (int attempt = 0;; ++attempt) {
        fs::path path = parent / (std::string(prefix) + unique_suffix());
        if (::mkdir(path.c_str(), 0700) == 0) return TempDirectory(std::move(path));
        if (errno != EEXIST || attempt == 100) return os_error("make folder", path.string(), errno);
    }
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
    if (this != &other) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
}

FileLock::~FileLock() {
    if (fd_ >= 0) ::close(fd_);
}

Result<FileLock> FileLock::acquire_folder(const fs::path& folder) {
    for (;;) {
        auto fd = open_fd(folder, O_RDONLY | O_DIRECTORY);
        if (!fd) return fd.error();
        int locked = 0;
        while ((locked = ::flock(fd->get(), LOCK_EX)) != 0 && errno == EINTR) {
        }
        // NFS turns flock(2) into a lock of its own, for which the file must be open for writing.
        if (locked != 0 && (errno == EBADF || errno == ENOLCK || errno == EOPNOTSUPP)) return acquire(folder / ".lock");
        if (locked != 0) return os_error("lock", folder.string(), errno);
        struct stat held {
        }, there{};
        if (::fstat(fd->get(), &held) != 0) return os_error("lock", folder.string(), errno);
        if (::stat(folder.c_str(), &there) != 0) return os_error("lock", folder.string(), errno);
        // Somebody may have put another folder there while this call waited.
        if (held.st_ino == there.st_ino && held.st_dev == there.st_dev) return FileLock(fd->release());
    }
}

Result<FileLock> FileLock::acquire(const fs::path& file) {
    if (auto made = make_directories(file.parent_path()); !made) return made.error();
    auto fd = open_fd(file, O_RDWR | O_CREAT, 0644);
    if (!fd) return fd.error();
    while (::flock(fd->get(), LOCK_EX) != 0)
        if (errno != EINTR) return os_error("lock", file.string(), errno);
    return FileLock(fd->release());
}

}  // namespace tmplbuild::sys
