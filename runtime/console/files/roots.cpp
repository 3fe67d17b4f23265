// SPDX-License-Identifier: Apache-2.0
#include "console/files/roots.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>

#include "base/text.hpp"
#include "console/files/names.hpp"

namespace tmplbuild::console::files {

namespace {

constexpr const char* kept_name = ".tmplbuild";
constexpr std::size_t longest_path = 4095;

std::vector<std::string> parts_of(std::string_view path) {
    std::vector<std::string> out;
    for (std::string& part : split(path, '/'))
        if (!part.empty() && part != ".") out.push_back(std::move(part));
    return out;
}

// Where a descriptor's file is now, as the kernel knows it.
std::string real_path(int fd) {
    std::array<char, PATH_MAX> text{};
    const ssize_t size = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), text.data(), text.size());
    return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : std::string();
}

bool begins_with(const std::vector<std::string>& parts, const std::vector<std::string>& front) {
    return parts.size() >= front.size() && std::equal(front.begin(), front.end(), parts.begin());
}

int open_beneath(int root, const std::string& inner, int flags) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    // EAGAIN: something was renamed meanwhile, and the kernel cannot tell whether the way left the root.
    for (int attempt = 0;; ++attempt) {
        const long fd = ::syscall(SYS_openat2, root, inner.empty() ? "." : inner.c_str(), &how, sizeof how);
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR) || attempt == 100) return static_cast<int>(fd);
    }
}

}  // namespace

std::string Place::path() const { return inner.empty() ? root->path : root->path + "/" + inner; }
std::string Place::name() const {
    const std::string whole = path();
    return whole.substr(whole.rfind('/') + 1);
}
Place Place::parent() const {
    const std::size_t slash = inner.rfind('/');
    return {root, slash == std::string::npos ? std::string() : inner.substr(0, slash)};
}
Place Place::child(std::string_view name) const {
    return {root, inner.empty() ? std::string(name) : inner + "/" + std::string(name)};
}

Refusal failed(const std::string& what, std::string_view path, int code) {
    const std::string name = shown(path);
    if (code == EXDEV) return {403, "'" + name + "' leads out of the folders that the console shows", {}};
    if (code == ENOSYS) return {500, "this machine's kernel has no openat2, by which files are opened safely", {}};
    return refusal_of(os_error(what, name, code));
}

Roots Roots::open(const std::vector<std::string>& folders, std::vector<std::string> kept) {
    Roots out;
    for (const std::string& folder : folders) {
        sys::Fd fd(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (!fd) continue;
        std::string real = real_path(fd.get());
        out.kept_.push_back(real + "/" + kept_name);
        out.roots_.push_back({"/" + join(parts_of(folder), "/"), std::move(real), std::move(fd)});
    }
    for (const std::string& folder : kept) {
        const sys::Fd fd(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (fd) out.kept_.push_back(real_path(fd.get()));
    }
    return out;
}

bool Roots::is_kept(int fd) const { return is_in_kept(real_path(fd)); }

bool Roots::keeps(const Place& place) const { return is_in_kept(place.root->real + "/" + place.inner); }

bool Roots::is_in_kept(const std::string& path) const {
    const auto parts = parts_of(path);
    for (const std::string& folder : kept_)
        if (begins_with(parts, parts_of(folder))) return true;
    return false;
}

Reply<Place> Roots::place(std::string_view text) const {
    const std::string path = real(text);
    if (path.empty() || path.front() != '/')
        return Refusal{400, "'" + shown(path) + "' is no path: it does not begin with '/'", {}};
    if (path.find('\0') != std::string::npos) return Refusal{400, "a path with a NUL is no path", {}};
    if (path.size() > longest_path) return Refusal{400, "the path is too long: 4095 bytes are taken", {}};
    const auto parts = parts_of(path);
    for (const std::string& part : parts)
        if (part == "..") return Refusal{403, "'" + shown(path) + "' has a '..': say the path that it leads to", {}};
    const Root* found = nullptr;
    std::vector<std::string> front;
    for (const Root& root : roots_) {
        const auto own = parts_of(root.path);
        if (!begins_with(parts, own) || (found != nullptr && own.size() <= front.size())) continue;
        found = &root;
        front = own;
    }
    if (found == nullptr) {
        std::vector<std::string> paths;
        for (const Root& root : roots_) paths.push_back(root.path);
        return Refusal{403, "'" + shown(path) + "' is none of the folders that the console shows",
                       "these can be used: " + join(paths, ", ")};
    }
    const std::vector<std::string> rest(parts.begin() + static_cast<std::ptrdiff_t>(front.size()), parts.end());
    if (!rest.empty() && rest.front() == kept_name)
        return Refusal{403, "'" + shown(path) + "' belongs to the pod's own programs", {}};
    return Place{found, join(rest, "/")};
}

Reply<sys::Fd> Roots::open_at(const Place& place, int flags) const {
    sys::Fd fd(open_beneath(place.root->fd.get(), place.inner, flags));
    if (!fd) return failed("open", place.path(), errno);
    if (is_kept(fd.get())) return Refusal{403, "'" + shown(place.path()) + "' belongs to the pod's own programs", {}};
    return fd;
}

Reply<sys::Fd> Roots::open_folder(const Place& place) const { return open_at(place, O_RDONLY | O_DIRECTORY); }

Reply<sys::Fd> Roots::open_file(const Place& place, struct stat& info) const {
    // Its type comes first: opening a device may have an effect, and opening a pipe waits for its other end.
    const auto seen = open_at(place, O_PATH);
    if (!seen) return seen.error();
    if (::fstat(seen->get(), &info) != 0) return failed("look at", place.path(), errno);
    if (S_ISDIR(info.st_mode)) return Refusal{409, "'" + shown(place.path()) + "' is a folder", {}};
    if (!S_ISREG(info.st_mode)) return Refusal{403, "'" + shown(place.path()) + "' is no regular file", {}};
    auto file = open_at(place, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!file) return file.error();
    if (::fstat(file->get(), &info) != 0) return failed("look at", place.path(), errno);
    if (!S_ISREG(info.st_mode)) return Refusal{403, "'" + shown(place.path()) + "' is no regular file", {}};
    return file;
}

Reply<struct stat> Roots::look_at(const Place& place) const {
    const auto seen = open_at(place, O_PATH | O_NOFOLLOW);
    if (!seen) return seen.error();
    struct stat info {};
    if (::fstat(seen->get(), &info) != 0) return failed("look at", place.path(), errno);
    return info;
}

bool Roots::follow(const Place& place, struct stat& info) const {
    const auto seen = open_at(place, O_PATH);
    return seen && ::fstat(seen->get(), &info) == 0;
}

Reply<sys::Fd> Roots::make_folders(const Place& place) const {
    auto there = open_folder(place);
    if (there || there.error().status != 404 || place.is_root()) return there;
    const auto parent = make_folders(place.parent());
    if (!parent) return parent.error();
    if (::mkdirat(parent->get(), place.name().c_str(), 0777) != 0 && errno != EEXIST)
        return failed("make", place.path(), errno);
    return open_folder(place);
}

}  // namespace tmplbuild::console::files
