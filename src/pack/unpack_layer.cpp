// SPDX-License-Identifier: Apache-2.0
#include "pack/unpack_layer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "io/archive.hpp"
#include "io/fd.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

using io::ArchiveEntry;

constexpr const char* whiteout_prefix = ".wh.";
constexpr const char* opaque_marker = ".wh..wh..opq";

class Unpacker {
  public:
    Unpacker(io::Fd root, fs::path shown, bool is_layer)
        : root_(std::move(root)), shown_(std::move(shown)), is_layer_(is_layer) {}

    Result<void> add(const ArchiveEntry& entry, io::ArchiveReader& reader) {
        if (entry.path.empty()) return set_attributes(entry, root_.get(), "");
        const std::size_t slash = entry.path.rfind('/');
        const std::string folder = slash == std::string::npos ? "" : entry.path.substr(0, slash);
        const std::string name = slash == std::string::npos ? entry.path : entry.path.substr(slash + 1);
        auto parent = open_folder(folder);
        if (!parent) return parent.error();
        if (is_layer_ && name == opaque_marker) {
            if (::fsetxattr(*parent, "trusted.overlay.opaque", "y", 1, 0) != 0) return failed("mark as opaque", folder);
            return {};
        }
        if (is_layer_ && name.starts_with(whiteout_prefix)) {
            const std::string hidden = name.substr(4);
            if (::mknodat(*parent, hidden.c_str(), S_IFCHR, ::makedev(0, 0)) != 0 && errno != EEXIST)
                return failed("hide", entry.path);
            return {};
        }
        if (auto made = make(entry, *parent, name, reader); !made) return made;
        if (entry.type == ArchiveEntry::Type::hardlink) return {};
        return set_attributes(entry, *parent, name);
    }

    // Times of folders last: writing into a folder changes its own.
    Result<void> finish() {
        open_path_.clear();
        open_.reset();
        for (auto late = folders_.rbegin(); late != folders_.rend(); ++late) {
            auto parent = open_folder(late->first);
            if (!parent) return parent.error();
            const std::array<timespec, 2> times{{{0, UTIME_OMIT}, {late->second, 0}}};
            ::futimens(*parent, times.data());
        }
        return {};
    }

  private:
    Error failed(const std::string& what, const std::string& path) const {
        return os_error(what, shown_ / path, errno);
    }

    // The folder at `path`, made where it is missing, each part opened without following a link. The last one stays
    // open, since a layer's entries come folder by folder.
    Result<int> open_folder(const std::string& path) {
        if (path.empty()) return root_.get();
        if (open_ && path == open_path_) return open_.get();
        io::Fd at(::dup(root_.get()));
        for (std::size_t begin = 0; begin <= path.size();) {
            const std::size_t end = std::min(path.find('/', begin), path.size());
            const std::string part = path.substr(begin, end - begin);
            constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
            int next = ::openat(at.get(), part.c_str(), flags);
            if (next < 0 && errno == ENOENT && ::mkdirat(at.get(), part.c_str(), 0755) == 0)
                next = ::openat(at.get(), part.c_str(), flags);
            if (next < 0) return failed("enter the folder", path.substr(0, end));
            at = io::Fd(next);
            begin = end + 1;
        }
        open_ = std::move(at);
        open_path_ = path;
        return open_.get();
    }

    Result<void> make(const ArchiveEntry& entry, int parent, const std::string& name, io::ArchiveReader& reader) {
        const char* at = name.c_str();
        if (entry.type == ArchiveEntry::Type::directory) {
            if (::mkdirat(parent, at, 0700) == 0) return {};
            struct stat there {};
            if (errno == EEXIST && ::fstatat(parent, at, &there, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(there.st_mode))
                return {};
            return failed("make the folder", entry.path);
        }
        if (::unlinkat(parent, at, 0) != 0 && errno != ENOENT) return failed("replace", entry.path);
        const auto device = ::makedev(entry.device_major, entry.device_minor);
        int result = 0;
        switch (entry.type) {
            case ArchiveEntry::Type::file:
                return write(entry, parent, name, reader);
            case ArchiveEntry::Type::symlink:
                result = ::symlinkat(entry.link.c_str(), parent, at);
                break;
            case ArchiveEntry::Type::hardlink:
                return link(entry, parent, name);
            case ArchiveEntry::Type::character_device:
                result = ::mknodat(parent, at, S_IFCHR | 0600, device);
                break;
            case ArchiveEntry::Type::block_device:
                result = ::mknodat(parent, at, S_IFBLK | 0600, device);
                break;
            case ArchiveEntry::Type::fifo:
                result = ::mknodat(parent, at, S_IFIFO | 0600, 0);
                break;
            case ArchiveEntry::Type::directory:
                break;
        }
        return result == 0 ? Result<void>() : failed("make", entry.path);
    }

    Result<void> write(const ArchiveEntry& entry, int parent, const std::string& name, io::ArchiveReader& reader) {
        const io::Fd file(::openat(parent, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!file) return failed("write", entry.path);
        for (;;) {
            auto got = reader.read(buffer_);
            if (!got) return got.error();
            if (*got == 0) return {};
            auto written = io::write_all(file.get(), std::span(buffer_).first(*got), shown_ / entry.path);
            if (!written) return written;
        }
    }

    Result<void> link(const ArchiveEntry& entry, int parent, const std::string& name) {
        // The target's folder is opened from the root without links, and may be the parent itself.
        const std::size_t slash = entry.link.rfind('/');
        const io::Fd own(::dup(parent));
        auto folder = open_folder(slash == std::string::npos ? "" : entry.link.substr(0, slash));
        if (!folder) return folder.error();
        const std::string target = slash == std::string::npos ? entry.link : entry.link.substr(slash + 1);
        if (::linkat(*folder, target.c_str(), own.get(), name.c_str(), 0) != 0)
            return failed("link to '" + entry.link + "' as", entry.path);
        return {};
    }

    Result<void> set_attributes(const ArchiveEntry& entry, int parent, const std::string& name) {
        const bool is_link = entry.type == ArchiveEntry::Type::symlink;
        const int flags = name.empty() ? AT_EMPTY_PATH : AT_SYMLINK_NOFOLLOW;
        if (::fchownat(parent, name.c_str(), entry.uid, entry.gid, flags) != 0)
            return failed("give an owner to", entry.path);
        if (!is_link) {
            // After the owner: a change of owner clears setuid and capabilities (chown(2)).
            const int done =
                name.empty() ? ::fchmod(parent, entry.mode) : ::fchmodat(parent, name.c_str(), entry.mode, 0);
            if (done != 0) return failed("set the mode of", entry.path);
        }
        for (const auto& [attribute, value] : entry.xattrs)
            if (auto set = set_xattr(parent, name, attribute, value); !set) return set;
        const std::array<timespec, 2> times{{{0, UTIME_OMIT}, {entry.mtime, 0}}};
        if (!name.empty()) ::utimensat(parent, name.c_str(), times.data(), AT_SYMLINK_NOFOLLOW);
        if (entry.type == ArchiveEntry::Type::directory) folders_.emplace_back(entry.path, entry.mtime);
        return {};
    }

    Result<void> set_xattr(int parent, const std::string& name, const std::string& attribute,
                           const std::string& value) {
        // Overlay's own attributes in a layer would change what the overlay shows.
        if (attribute.starts_with("trusted.overlay.") || attribute.starts_with("user.overlay.")) return {};
        const std::string path = "/proc/self/fd/" + std::to_string(parent) + (name.empty() ? "" : "/" + name);
        if (::lsetxattr(path.c_str(), attribute.c_str(), value.data(), value.size(), 0) != 0 && errno != ENOTSUP)
            return failed("set the attribute " + attribute + " of", name);
        return {};
    }

    io::Fd root_;
    fs::path shown_;
    bool is_layer_;
    std::string open_path_;
    io::Fd open_;
    std::vector<std::pair<std::string, std::int64_t>> folders_;
    std::vector<std::byte> buffer_ = std::vector<std::byte>(1 << 18);
};

}  // namespace

static Result<void> unpack(io::ArchiveReader& reader, const fs::path& directory, bool is_layer) {
    auto root = io::open_fd(directory, O_RDONLY | O_DIRECTORY);
    if (!root) return root.error();
    Unpacker unpacker(std::move(*root), directory, is_layer);
    for (;;) {
        auto entry = reader.next();
        if (!entry) return entry.error();
        if (!*entry) return unpacker.finish();
        if (auto added = unpacker.add(**entry, reader); !added) return added;
    }
}

Result<void> unpack_layer(const Store& store, const BuiltLayer& layer, const fs::path& directory) {
    auto reader = io::ArchiveReader::open(store.blob_path(layer.digest), layer.digest.to_string());
    if (!reader) return reader.error();
    return unpack(*reader, directory, true);
}

Result<void> unpack_archive(io::ArchiveReader& reader, const fs::path& directory) {
    return unpack(reader, directory, false);
}

}  // namespace tmplbuild
