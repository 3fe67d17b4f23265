// SPDX-License-Identifier: Apache-2.0
#include "download/place.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <vector>

#include "base/text.hpp"

namespace tmplbuild::download {

namespace {

constexpr std::size_t deepest = 16, longest_folder = 1024;

sys::Fd open_beneath(int at, const std::string& path, std::uint64_t flags, std::uint64_t mode = 0) {
    open_how how{};
    how.flags = flags | O_CLOEXEC;
    how.mode = mode;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    return sys::Fd(static_cast<int>(::syscall(SYS_openat2, at, path.c_str(), &how, sizeof how)));
}

Error cannot_open(const std::string& path, int code) {
    if (code == EXDEV)
        return build_error("a link leads out of its folder at '" + path + "'",
                           "name the folder to which the link leads");
    if (code == ENOTDIR) return build_error("'" + path + "' is not a folder");
    return os_error("open", path, code);
}

// The folder `path` beneath `at`, with its missing parts made.
Result<sys::Fd> folder_beneath(sys::Fd at, const std::string& root, const std::string& path) {
    if (path.empty()) return at;
    std::string so_far;
    sys::Fd parent(::fcntl(at.get(), F_DUPFD_CLOEXEC, 0));
    for (const std::string& part : split(path, '/')) {
        so_far += (so_far.empty() ? "" : "/") + part;
        sys::Fd next = open_beneath(at.get(), so_far, O_RDONLY | O_DIRECTORY);
        if (!next && errno == ENOENT) {
            if (::mkdirat(parent.get(), part.c_str(), 0755) != 0 && errno != EEXIST)
                return os_error("make", root + "/" + so_far, errno);
            next = open_beneath(at.get(), so_far, O_RDONLY | O_DIRECTORY);
        }
        if (!next) return cannot_open(root + "/" + so_far, errno);
        parent = std::move(next);
    }
    return parent;
}

Result<sys::Fd> open_root(const Roots& roots, Root root) {
    const std::string& path = roots.of(root);
    auto fd = sys::open_fd(path, O_RDONLY | O_DIRECTORY);
    if (fd || fd.error().os_code != ENOENT || root == Root::volume || !path.starts_with(roots.volume + "/")) return fd;
    // ComfyUI has not made its folders yet.
    auto volume = sys::open_fd(roots.volume, O_RDONLY | O_DIRECTORY);
    if (!volume) return volume;
    return folder_beneath(std::move(*volume), roots.volume, path.substr(roots.volume.size() + 1));
}

}  // namespace

Result<Destination> destination_of(std::string_view text, const Roots& roots) {
    Destination out;
    std::string rest(text);
    while (rest.size() > 1 && rest.ends_with('/')) rest.pop_back();
    if (rest.size() > longest_folder) return usage_error("the folder's name is too long");
    if (rest.starts_with('/')) {
        const auto beneath = [&](const std::string& root) { return rest == root || rest.starts_with(root + "/"); };
        out.root = beneath(roots.models) ? Root::models : Root::volume;
        const std::string& root = roots.of(out.root);
        if (!beneath(root))
            return usage_error("'" + rest + "' lies neither in " + roots.models + " nor on the volume " + roots.volume,
                               "choose a folder in one of them");
        rest = rest.size() == root.size() ? "" : rest.substr(root.size() + 1);
    } else if (rest.empty()) {
        return usage_error("no folder is said", "name one, as in \"directory\": \"loras\"");
    }
    if (rest.empty()) return out;
    const auto parts = split(rest, '/');
    if (parts.size() > deepest) return usage_error("the folder lies too deep");
    for (const std::string& part : parts)
        if (!is_good_name(part))
            return usage_error(
                "'" + std::string(text) + "' is no folder that files may go to",
                "no part of it may be empty, begin with a dot, or hold a backslash or a control character");
    out.folder = rest;
    return out;
}

Result<Place> Place::open(const Roots& roots, const Destination& to) {
    auto root = open_root(roots, to.root);
    if (!root) return root.error();
    const std::string& at = roots.of(to.root);
    auto folder = folder_beneath(std::move(*root), at, to.folder);
    if (!folder) return folder.error();
    return Place(std::move(*folder), to.folder.empty() ? at : at + "/" + to.folder);
}

Result<bool> Place::has(const std::string& name) const {
    struct stat found {};
    if (::fstatat(fd_.get(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0) return true;
    if (errno == ENOENT) return false;
    return os_error("look at", path_ + "/" + name, errno);
}

Result<sys::Fd> Place::open_part(const std::string& name) const {
    const std::string path = path_ + "/" + name;
    sys::Fd fd = open_beneath(fd_.get(), name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0644);
    if (!fd && errno == ELOOP) return build_error("'" + path + "' is a link: nothing is written through it");
    if (!fd) return os_error("open", path, errno);
    struct stat found {};
    if (::fstat(fd.get(), &found) != 0) return os_error("look at", path, errno);
    if (!S_ISREG(found.st_mode)) return build_error("'" + path + "' is not a regular file");
    return fd;
}

Result<void> Place::finish(const std::string& part, const std::string& name) const {
    const std::string path = path_ + "/" + name;
    int code = ::renameat2(fd_.get(), part.c_str(), fd_.get(), name.c_str(), RENAME_NOREPLACE) == 0 ? 0 : errno;
    if (code == EINVAL || code == ENOSYS) {  // a file system that cannot promise it by a rename, but by a link
        code = ::linkat(fd_.get(), part.c_str(), fd_.get(), name.c_str(), 0) == 0 ? 0 : errno;
        if (code == 0) remove(part);
    }
    if (code == EPERM || code == EOPNOTSUPP || code == ENOSYS || code == EMLINK) {  // nor by that
        const auto taken = has(name);
        if (!taken) return taken.error();
        code = *taken ? EEXIST : ::renameat(fd_.get(), part.c_str(), fd_.get(), name.c_str()) == 0 ? 0 : errno;
    }
    if (code != 0) return os_error("give a download its name,", path, code);
    return sys::sync_fd(fd_.get(), path_);
}

bool Place::was_named(const std::string& part, const std::string& name, std::uint64_t size) const {
    struct stat found {};
    const auto is_gone = has(part);
    return is_gone && !*is_gone && ::fstatat(fd_.get(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(found.st_mode) && static_cast<std::uint64_t>(found.st_size) == size;
}

void Place::remove(const std::string& name) const { ::unlinkat(fd_.get(), name.c_str(), 0); }

Result<std::uint64_t> Place::free_bytes() const {
    struct statvfs found {};
    if (::fstatvfs(fd_.get(), &found) != 0) return os_error("look at", path_, errno);
    return std::uint64_t{found.f_bavail} * found.f_frsize;
}

bool is_full(const Error& error) { return error.os_code == ENOSPC || error.os_code == EDQUOT; }

}  // namespace tmplbuild::download
