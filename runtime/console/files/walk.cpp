// SPDX-License-Identifier: Apache-2.0
#include "console/files/walk.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "console/files/roots.hpp"

namespace tmplbuild::console::files {

namespace {

constexpr int deepest = 200;  // open folders at once, one for each level

sys::Fd open_below(int folder, const char* name) {
    return sys::Fd(::openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

bool walk_into(sys::Fd folder, std::string& inside, int depth, const std::function<Step(const Found&)>& visit) {
    Names names(std::move(folder));
    unsigned char type = 0;
    while (const char* name = names.next(type)) {
        const Step step = visit({names.fd(), name, type, inside});
        if (step == Step::stop) return false;
        if (type != DT_DIR || step == Step::skip || depth >= deepest) continue;
        sys::Fd below = open_below(names.fd(), name);
        if (!below) continue;
        const std::size_t size = inside.size();
        inside.append(name).append("/");
        if (!walk_into(std::move(below), inside, depth + 1, visit)) return false;
        inside.resize(size);
    }
    return true;
}

}  // namespace

Names::Names(sys::Fd folder) : stream_(::fdopendir(folder.get())) {
    if (stream_) (void)folder.release();
}

const char* Names::next(unsigned char& type) {
    if (!stream_) return nullptr;
    while (const dirent* entry = ::readdir(stream_.get())) {
        const char* name = entry->d_name;
        if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) continue;
        type = entry->d_type;
        struct stat info {};
        if (type == DT_UNKNOWN && ::fstatat(fd(), name, &info, AT_SYMLINK_NOFOLLOW) == 0)
            type = static_cast<unsigned char>(IFTODT(info.st_mode));
        return name;
    }
    return nullptr;
}

bool walk(sys::Fd folder, const std::function<Step(const Found&)>& visit) {
    std::string inside;
    return walk_into(std::move(folder), inside, 0, visit);
}

Reply<void> remove_all(int folder, const std::string& name, const std::function<void()>& on_step) {
    on_step();
    if (::unlinkat(folder, name.c_str(), 0) == 0 || errno == ENOENT) return {};
    if (errno != EISDIR && errno != EPERM) return failed("delete", name, errno);
    sys::Fd below = open_below(folder, name.c_str());
    if (!below) return failed("delete", name, errno);
    {
        Names names(std::move(below));
        unsigned char type = 0;
        while (const char* inner = names.next(type)) {
            on_step();
            if (type != DT_DIR && ::unlinkat(names.fd(), inner, 0) == 0) continue;
            if (auto gone = remove_all(names.fd(), inner, on_step); !gone) return gone;
        }
    }
    if (::unlinkat(folder, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) return failed("delete", name, errno);
    return {};
}

TreeSize size_of_tree(sys::Fd folder, std::chrono::milliseconds longest, const std::function<void()>& on_step) {
    TreeSize out;
    const auto until = std::chrono::steady_clock::now() + longest;
    out.truncated = !walk(std::move(folder), [&](const Found& found) {
        on_step();
        if (std::chrono::steady_clock::now() > until) return Step::stop;
        struct stat info {};
        if (found.type == DT_DIR || ::fstatat(found.folder, found.name, &info, AT_SYMLINK_NOFOLLOW) != 0)
            return Step::go_on;
        ++out.files;
        out.bytes += static_cast<std::uint64_t>(info.st_size);
        return Step::go_on;
    });
    return out;
}

}  // namespace tmplbuild::console::files
