// SPDX-License-Identifier: Apache-2.0
#include "sys/beneath.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <memory>

#include "base/text.hpp"
#include "sys/file.hpp"

namespace tmplbuild::sys {

namespace fs = std::filesystem;

Result<Beneath> Beneath::open(const fs::path& folder, Outside outside) {
    auto fd = open_fd(folder, O_PATH | O_DIRECTORY);
    if (!fd) return fd.error();
    return Beneath(folder, std::move(*fd), outside);
}

int Beneath::open_any(std::string_view path, int flags, bool follow) const {
    if (path.find('\0') != std::string_view::npos) {
        errno = EINVAL;
        return -1;
    }
    const std::string name(path.empty() ? "." : path);
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
    how.resolve = RESOLVE_NO_MAGICLINKS | (outside_ == Outside::is_root ? RESOLVE_IN_ROOT : RESOLVE_BENEATH);
    // EAGAIN: something was renamed at the same time, and the kernel cannot tell whether ".." left the folder.
    for (int attempt = 0;; ++attempt) {
        const long fd = ::syscall(SYS_openat2, fd_.get(), name.c_str(), &how, sizeof how);
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR) || attempt == 100) return static_cast<int>(fd);
    }
}

Error Beneath::error_of(std::string_view what, std::string_view path, int errno_value) const {
    const std::string whole = (folder_ / fs::path(path).relative_path()).string();
    if (errno_value == EXDEV)
        return build_error(whole + " leads out of " + folder_.string(),
                           "links may lead anywhere inside that folder; copy what lies outside into it");
    if (errno_value == ENOSYS)
        return machine_error("this machine's kernel has no openat2, by which files are opened safely",
                             "Linux 5.6 or newer is needed, and a container whose seccomp filter knows that call");
    return os_error(std::string(what), whole, errno_value);
}

Result<Fd> Beneath::open_file(std::string_view path) const {
    // The file's type is read first: opening some devices has an effect, and opening a pipe would wait for its other
    // end.
    const Fd place(open_any(path, O_PATH, true));
    if (!place) return error_of("open", path, errno);
    struct stat info {};
    if (::fstat(place.get(), &info) != 0) return error_of("open", path, errno);
    if (S_ISDIR(info.st_mode)) return error_of("read", path, EISDIR);
    if (!S_ISREG(info.st_mode))
        return build_error((folder_ / fs::path(path).relative_path()).string() + " is no regular file",
                           "devices, pipes and sockets are not read");
    Fd file(open_any(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, true));
    if (!file) return error_of("open", path, errno);
    struct stat again {};
    if (::fstat(file.get(), &again) != 0) return error_of("open", path, errno);
    // somebody put another file there in the meantime
    if (!S_ISREG(again.st_mode)) return error_of("open", path, EINVAL);
    return file;
}

Result<std::string> Beneath::read_file(std::string_view path, std::uint64_t limit) const {
    auto file = open_file(path);
    if (!file) return file.error();
    return read_open_file(file->get(), (folder_ / fs::path(path).relative_path()).string(), limit);
}

Result<std::optional<struct stat>> Beneath::look(std::string_view path, bool follow) const {
    const Fd place(open_any(path, O_PATH, follow));
    if (!place && (errno == ENOENT || errno == ENOTDIR)) return std::optional<struct stat>();
    if (!place) return error_of("look at", path, errno);
    struct stat info {};
    if (::fstat(place.get(), &info) != 0) return error_of("look at", path, errno);
    return std::optional(info);
}

Result<std::optional<struct stat>> Beneath::status(std::string_view path) const { return look(path, true); }
Result<std::optional<struct stat>> Beneath::link_status(std::string_view path) const { return look(path, false); }

bool Beneath::is_file(std::string_view path) const {
    const auto info = look(path, true);
    return info && *info && S_ISREG((*info)->st_mode);
}

bool Beneath::is_folder(std::string_view path) const {
    const auto info = look(path, true);
    return info && *info && S_ISDIR((*info)->st_mode);
}

Result<std::string> Beneath::read_link(std::string_view path) const {
    const Fd place(open_any(path, O_PATH, false));
    if (!place) return error_of("open", path, errno);
    std::array<char, PATH_MAX> text{};
    const ssize_t size = ::readlinkat(place.get(), "", text.data(), text.size());
    if (size < 0) return error_of("read the link", path, errno);
    return std::string(text.data(), static_cast<std::size_t>(size));
}

Result<std::optional<std::string>> Beneath::real_path(std::string_view path) const {
    const Fd place(open_any(path, O_PATH, true));
    if (!place && (errno == ENOENT || errno == ENOTDIR)) return std::optional<std::string>();
    if (!place) return error_of("look at", path, errno);
    // The kernel's own names of both are compared, since the folder may itself have been reached through links.
    std::error_code failed;
    const fs::path top = fs::read_symlink("/proc/self/fd/" + std::to_string(fd_.get()), failed);
    if (failed) return error_of("look at", path, failed.value());
    const fs::path real = fs::read_symlink("/proc/self/fd/" + std::to_string(place.get()), failed);
    if (failed) return error_of("look at", path, failed.value());
    const std::string inner = real.lexically_relative(top).string();
    if (inner.empty() || inner.starts_with("..")) return error_of("look at", path, EXDEV);
    return std::optional(inner == "." ? std::string() : inner);
}

Result<std::vector<std::string>> Beneath::list(std::string_view path) const {
    Fd folder(open_any(path, O_RDONLY | O_DIRECTORY, true));
    if (!folder) return error_of("list", path, errno);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(folder.get()), ::closedir);
    if (!stream) return error_of("list", path, errno);
    (void)folder.release();  // the stream owns it now
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(stream.get())) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
        errno = 0;
    }
    if (errno != 0) return error_of("list", path, errno);
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace tmplbuild::sys
