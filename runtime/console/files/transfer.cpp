// SPDX-License-Identifier: Apache-2.0
#include "console/files/transfer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>

#include "console/files/names.hpp"
#include "console/files/walk.hpp"

namespace tmplbuild::console::files {

namespace {

constexpr std::size_t copied_at_once = 8 << 20;

Refusal gone() { return {0, "the client has gone", {}}; }

class Copier {
  public:
    Copier(const GoesOn& goes_on, const std::function<bool(const std::string&)>& skip)
        : goes_on_(goes_on), skip_(skip) {}

    Reply<void> copy(const Named& from, const Named& to, const std::string& inside) {
        if (!goes_on_()) return gone();
        struct stat info {};
        if (::fstatat(from.folder, from.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
            return failed("look at", from.name, errno);
        if (S_ISREG(info.st_mode)) return copy_file(from, to);
        if (S_ISDIR(info.st_mode)) return copy_folder(from, to, info, inside);
        if (S_ISLNK(info.st_mode)) return copy_link(from, to);
        return Refusal{409, "'" + shown(from.name) + "' is no file, folder or link: it cannot be copied", {}};
    }

  private:
    Reply<void> copy_file(const Named& from, const Named& to) {
        const sys::Fd in(::openat(from.folder, from.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        struct stat info {};
        if (!in || ::fstat(in.get(), &info) != 0 || !S_ISREG(info.st_mode)) return failed("open", from.name, errno);
        const sys::Fd out(::openat(to.folder, to.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                   info.st_mode & 0777));
        if (!out) return failed("make", to.name, errno);
        for (;;) {
            if (!goes_on_()) return gone();
            const ssize_t got = pass_on(in.get(), out.get());
            if (got < 0) return failed("copy", from.name, errno);
            if (got == 0) break;
        }
        const std::array<timespec, 2> times{info.st_atim, info.st_mtim};
        ::futimens(out.get(), times.data());
        return {};
    }

    // The kernel copies where it can; some file systems and pairs of them have no such call.
    ssize_t pass_on(int in, int out) {
        if (!by_hand_) {
            const ssize_t got = ::copy_file_range(in, nullptr, out, nullptr, copied_at_once, 0);
            if (got > 0 || (got < 0 && errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP))
                return got;
            by_hand_ = true;  // 0, too: files of /proc have no size and yet content
        }
        buffer_.resize(1 << 20);
        const ssize_t got = ::read(in, buffer_.data(), buffer_.size());
        for (ssize_t done = 0; done < got;) {
            const ssize_t put = ::write(out, buffer_.data() + done, static_cast<std::size_t>(got - done));
            if (put < 0) return -1;
            done += put;
        }
        return got;
    }

    static Reply<void> copy_link(const Named& from, const Named& to) {
        std::array<char, PATH_MAX> text{};
        const ssize_t size = ::readlinkat(from.folder, from.name.c_str(), text.data(), text.size() - 1);
        if (size < 0) return failed("read the link", from.name, errno);
        if (::symlinkat(text.data(), to.folder, to.name.c_str()) != 0) return failed("make", to.name, errno);
        return {};
    }

    Reply<void> copy_folder(const Named& from, const Named& to, const struct stat& info, const std::string& inside) {
        sys::Fd in(::openat(from.folder, from.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!in) return failed("open", from.name, errno);
        if (::mkdirat(to.folder, to.name.c_str(), 0700) != 0) return failed("make", to.name, errno);
        const sys::Fd out(::openat(to.folder, to.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!out) return failed("open", to.name, errno);
        Names names(std::move(in));
        unsigned char type = 0;
        while (const char* name = names.next(type)) {
            const std::string path = inside + "/" + name;
            if (type == DT_DIR && skip_(path)) continue;
            if (auto done = copy({names.fd(), name}, {out.get(), name}, path); !done) return done;
        }
        ::fchmod(out.get(), info.st_mode & 0777);
        const std::array<timespec, 2> times{info.st_atim, info.st_mtim};
        ::futimens(out.get(), times.data());
        return {};
    }

    const GoesOn& goes_on_;
    const std::function<bool(const std::string&)>& skip_;
    std::string buffer_{};
    bool by_hand_ = false;
};

}  // namespace

int rename_to_free(const Named& from, const Named& to) {
    if (::renameat2(from.folder, from.name.c_str(), to.folder, to.name.c_str(), RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return errno;
    // A file system without that flag, or a folder into itself. Whoever makes the name between the two calls loses
    // what an upload of the same moment would lose as well.
    if (::faccessat(to.folder, to.name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) return EEXIST;
    return ::renameat(from.folder, from.name.c_str(), to.folder, to.name.c_str()) == 0 ? 0 : errno;
}

Reply<void> copy_tree(const Named& from, const Named& to, const GoesOn& goes_on,
                      const std::function<bool(const std::string&)>& skip) {
    auto done = Copier(goes_on, skip).copy(from, to, "");
    if (!done) (void)remove_all(to.folder, to.name, [&] { (void)goes_on(); });
    return done;
}

}  // namespace tmplbuild::console::files
