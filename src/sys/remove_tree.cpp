// SPDX-License-Identifier: Apache-2.0
// sys::remove_tree. It works with descriptors instead of names, so that nothing outside is touched while somebody swaps
// a folder for a symlink; and it never enters another mount, so that a forgotten bind mount does not cost the host its
// files.
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "sys/fd.hpp"
#include "sys/file.hpp"

namespace tmplbuild::sys {
namespace {

// Deeper folders are moved up to the top first, so that depth costs neither descriptors nor stack.
constexpr int depth_limit = 100;

int open_folder(int parent, const char* name) {
    open_how how{};
    how.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    how.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS;
    int fd = static_cast<int>(::syscall(SYS_openat2, parent, name, &how, sizeof how));
    if (fd < 0 && errno == EACCES && ::fchmodat(parent, name, 0700, 0) == 0)
        fd = static_cast<int>(::syscall(SYS_openat2, parent, name, &how, sizeof how));
    if (fd < 0 && errno == ENOSYS)  // some sandboxes hide openat2
        fd = ::openat(parent, name, static_cast<int>(how.flags));
    return fd;
}

class Remover {
  public:
    explicit Remover(int top) : top_(top) {}

    Result<void> empty(int folder, const std::string& name, int depth) {
        auto names = list(folder, name);
        if (!names) return names.error();
        for (const auto& child : *names)
            if (auto removed = remove(folder, child, name + "/" + child, depth); !removed) return removed;
        return {};
    }

  private:
    static Result<std::vector<std::string>> list(int folder, const std::string& name) {
        const int copy = ::fcntl(folder, F_DUPFD_CLOEXEC, 3);
        std::unique_ptr<DIR, int (*)(DIR*)> stream(copy < 0 ? nullptr : ::fdopendir(copy), ::closedir);
        if (!stream) return os_error("list", name, errno);
        ::rewinddir(stream.get());
        std::vector<std::string> names;
        while (const dirent* entry = ::readdir(stream.get())) {
            const std::string child = entry->d_name;
            if (child != "." && child != "..") names.push_back(child);
        }
        return names;
    }

    Result<void> remove(int folder, const std::string& child, const std::string& name, int depth) {
        for (int attempt = 0;; ++attempt) {
            if (::unlinkat(folder, child.c_str(), 0) == 0 || errno == ENOENT) return {};
            if (errno == EISDIR || errno == EPERM) break;  // Linux says EISDIR, POSIX EPERM for a folder
            if (errno != EACCES || attempt == 1 || ::fchmod(folder, 0700) != 0) return os_error("remove", name, errno);
        }
        if (depth == depth_limit) {
            const std::string shallow = ".deep-" + std::to_string(moved_++);
            if (::renameat(folder, child.c_str(), top_, shallow.c_str()) != 0) return os_error("remove", name, errno);
            return remove(top_, shallow, name, 1);
        }
        Fd inner(open_folder(folder, child.c_str()));
        if (!inner)
            return errno == EXDEV
                       ? build_error("cannot remove " + name + ": something is mounted on it", "unmount it first")
                       : os_error("remove", name, errno);
        if (auto emptied = empty(inner.get(), name, depth + 1); !emptied) return emptied;
        if (::unlinkat(folder, child.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
        if (errno == EACCES && ::fchmod(folder, 0700) == 0 && ::unlinkat(folder, child.c_str(), AT_REMOVEDIR) == 0)
            return {};
        return os_error("remove", name, errno);
    }

    int top_;
    unsigned long moved_ = 0;
};

}  // namespace

Result<void> remove_tree(const fs::path& directory) {
    struct stat info {};
    if (::lstat(directory.c_str(), &info) != 0)
        return errno == ENOENT ? Result<void>() : os_error("remove", directory.string(), errno);
    if (!S_ISDIR(info.st_mode)) {
        if (::unlink(directory.c_str()) == 0 || errno == ENOENT) return {};
        return os_error("remove", directory.string(), errno);
    }
    if ((info.st_mode & S_IRWXU) != S_IRWXU) ::chmod(directory.c_str(), 0700);
    auto top = open_fd(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!top) return top.error();
    if (auto emptied = Remover(top->get()).empty(top->get(), directory.string(), 0); !emptied) return emptied;
    if (::rmdir(directory.c_str()) == 0 || errno == ENOENT) return {};
    return os_error("remove", directory.string(), errno);
}

}  // namespace tmplbuild::sys
