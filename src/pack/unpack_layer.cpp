// SPDX-License-Identifier: Apache-2.0
#include "pack/unpack_layer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "io/archive.hpp"
#include "pack/layer_writer.hpp"
#include "pack/stacked_trees.hpp"
#include "pack/whiteout.hpp"
#include "store/layer_reader.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

using io::ArchiveEntry;
using Type = ArchiveEntry::Type;

// "a/b/c" → "a/b" and "c".
std::pair<std::string, std::string> split_name(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return {"", path};
    return {path.substr(0, slash), path.substr(slash + 1)};
}

bool is_restored(const std::string& name) {
    if (name.starts_with("user.")) return !name.starts_with("user.overlay.");
    return name == "security.capability" || name.starts_with("system.posix_acl_");
}

std::array<timespec, 2> times(std::int64_t mtime) {
    const timespec time{static_cast<time_t>(mtime), 0};
    return {time, time};
}

constexpr auto open_beneath = open_beneath_no_links;  // every path into a tree is opened by it

class Unpacker {
  public:
    // `own` is the directory alone; `stack` has the layers below it too.
    Unpacker(fs::path directory, sys::Fd root, StackedTrees own, StackedTrees stack)
        : directory_(std::move(directory)), root_(std::move(root)), own_(std::move(own)), stack_(std::move(stack)) {}

    Result<Unpacked> run(LayerReader& layer) {
        auto read = layer.each_entry([this](const auto& entry, auto& tar) { return unpack_entry(entry, tar); });
        if (read) read = finish_directories();
        if (!read) return read.error();
        return Unpacked{leans_on_below_};
    }

  private:
    struct Attributes {
        std::uint32_t mode = 0755, uid = 0, gid = 0;
        std::int64_t mtime = default_mtime;
    };

    Error failure(const std::string& what, const std::string& path) const {
        const int why = errno;
        Error error = os_error(what, (directory_ / path).string(), why);
        if (why == EPERM) error.hint = "unpacking a layer needs root, since its files have owners";
        return error;
    }

    // The folder `path`, made if need be; the descriptor is valid until the next call.
    Result<int> folder(const std::string& path) {
        if (folder_ && folder_path_ == path) return folder_.get();
        sys::Fd fd = open_beneath(root_.get(), path, O_RDONLY | O_DIRECTORY);
        if (!fd && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) {
            if (auto made = make_implied(path); !made) return made.error();
            fd = open_beneath(root_.get(), path, O_RDONLY | O_DIRECTORY);
        }
        if (!fd) return failure("open", path);
        folder_ = std::move(fd);
        folder_path_ = path;
        return folder_.get();
    }

    // Where the folder `path` really is: links are followed as in a chroot, so that what an image puts below a link
    // goes to the link's target, and never outside.
    Result<std::string> real_folder(const std::string& path) {
        if (const sys::Fd there = open_beneath(root_.get(), path, O_PATH | O_DIRECTORY)) return path;
        if (const auto own = own_.leads_to(path); own && is_folder(own_.look(*own))) return own;
        leans_on_below_ = true;
        auto real = stack_.leads_to(path);
        if (real) return real;
        return build_error("the layer puts something below '/" + path + "', whose links lead nowhere");
    }

    static bool is_folder(const std::optional<StackedTrees::Node>& node) {
        return node && S_ISDIR(node->facts.st_mode);
    }

    Result<void> make_implied(const std::string& path) {
        auto [parent, name] = split_name(path);
        auto in = folder(parent);
        if (!in) return in.error();
        struct stat facts {};
        if (::fstatat(*in, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0 && !is_overlay_whiteout(facts))
            return build_error("the layer puts something below '/" + path + "', which is no folder in it");
        return make_directory(*in, path, name, implied_attributes(path), {});
    }

    Attributes implied_attributes(const std::string& path) const {
        const auto node = stack_.look(path);
        if (!is_folder(node)) return {};
        return {node->facts.st_mode & 07777, node->facts.st_uid, node->facts.st_gid, node->facts.st_mtim.tv_sec};
    }

    // Modes and times of folders are set at the end: putting files into a folder changes its time, and a setgid folder
    // would pass its group on to them.
    Result<void> make_directory(int in, const std::string& path, const std::string& name, const Attributes& wanted,
                                const std::map<std::string, std::string>& xattrs) {
        bool opaque = false;
        if (::mkdirat(in, name.c_str(), 0700) != 0) {
            struct stat facts {};
            if (errno != EEXIST || ::fstatat(in, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0)
                return failure("make the folder", path);
            if (!S_ISDIR(facts.st_mode)) {
                // A layer with a whiteout and a folder of one name means an empty folder that hides the older one.
                opaque = is_overlay_whiteout(facts);
                if (auto removed = remove(in, path, name); !removed) return removed;
                if (::mkdirat(in, name.c_str(), 0700) != 0) return failure("make the folder", path);
            }
        }
        const sys::Fd fd(::openat(in, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!fd || ::fchown(fd.get(), wanted.uid, wanted.gid) != 0) return failure("make the folder", path);
        if (auto set = set_xattrs(fd.get(), path, xattrs); !set) return set;
        directories_[path] = wanted;
        return opaque ? make_opaque(fd.get(), path) : Result<void>();
    }

    Result<void> make_opaque(int fd, const std::string& path) const {
        if (path.empty()) return build_error("the layer replaces the whole root, which an overlay file system cannot");
        if (::fsetxattr(fd, overlay_opaque, "y", 1, 0) != 0) return failure("mark as replaced the folder", path);
        return {};
    }

    Result<void> remove(int in, const std::string& path, const std::string& name) {
        if (::unlinkat(in, name.c_str(), 0) == 0 || errno == ENOENT) return {};
        if (errno != EISDIR && errno != EPERM) return failure("replace", path);
        if (auto removed = sys::remove_tree(directory_ / path); !removed) return removed;
        // '0' is the byte after '/': this removes the folder itself and everything below it.
        directories_.erase(path);
        directories_.erase(directories_.lower_bound(path + "/"), directories_.lower_bound(path + "0"));
        return {};
    }

    Result<void> unpack_entry(const ArchiveEntry& entry, io::ArchiveReader& tar) {
        if (entry.path.empty()) {  // the root itself
            directories_[""] = {entry.mode, entry.uid, entry.gid, entry.mtime};
            if (::fchown(root_.get(), entry.uid, entry.gid) != 0) return failure("set the owner of", "");
            return set_xattrs(root_.get(), "", entry.xattrs);
        }
        auto [parent, name] = split_name(entry.path);
        auto real = real_folder(parent);
        if (!real) return real.error();
        auto in = folder(*real);
        if (!in) return in.error();
        if (name.starts_with(whiteout_prefix)) return whiteout(*in, *real, name);
        if (*real == parent) return put(*in, entry, name, tar);
        ArchiveEntry moved = entry;
        moved.path = *real + (real->empty() ? "" : "/") + name;
        return put(*in, moved, name, tar);
    }

    Result<void> put(int in, const ArchiveEntry& entry, const std::string& name, io::ArchiveReader& tar) {
        const Attributes wanted{entry.mode, entry.uid, entry.gid, entry.mtime};
        if (entry.type == Type::directory) return make_directory(in, entry.path, name, wanted, entry.xattrs);
        return entry.type == Type::hardlink ? hard_link(in, entry, name) : leaf(in, entry, name, tar);
    }

    Result<void> whiteout(int in, const std::string& parent, const std::string& name) {
        if (name == opaque_whiteout) return make_opaque(in, parent);
        if (name.starts_with(aufs_prefix)) return {};  // bookkeeping of AUFS, which old images still carry
        const std::string hidden = name.substr(whiteout_prefix.size());
        const std::string path = parent.empty() ? hidden : parent + "/" + hidden;
        if (hidden.empty() || hidden == "." || hidden == "..")
            return build_error("the layer deletes '/" + path + "', which is no name");
        struct stat facts {};
        if (::fstatat(in, hidden.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) {
            if (::mknodat(in, hidden.c_str(), S_IFCHR, 0) != 0) return failure("mark as deleted", path);
            return {};
        }
        // A whiteout deletes only what lower layers have; this layer's own entries stay.
        if (!S_ISDIR(facts.st_mode)) return {};
        const sys::Fd fd(::openat(in, hidden.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        return fd ? make_opaque(fd.get(), path) : failure("open", path);
    }

    Result<void> hard_link(int in, const ArchiveEntry& entry, const std::string& name) {
        auto [parent, target] = split_name(entry.link);
        const auto real = real_folder(parent);
        if (!real) return real.error();
        const std::string path = *real + (real->empty() ? "" : "/") + target;
        if (path == entry.path) return {};
        const auto node = stack_.look(path);
        if (!node || S_ISDIR(node->facts.st_mode) || (node->tree != own_place() && !S_ISREG(node->facts.st_mode)))
            return build_error("the layer links '/" + entry.path + "' to '/" + entry.link +
                               "', which is no file in it or below it");
        if (node->tree != own_place()) {
            if (auto copied = copy_up(path, *node); !copied) return copied;
            auto again = folder(split_name(entry.path).first);
            if (!again) return again.error();
            in = *again;
        }
        const sys::Fd from = open_beneath(root_.get(), *real, O_PATH | O_DIRECTORY);
        if (auto removed = remove(in, entry.path, name); !removed) return removed;
        if (!from || ::linkat(from.get(), target.c_str(), in, name.c_str(), 0) != 0) return failure("link", entry.path);
        return {};
    }

    std::size_t own_place() const { return stack_.size() - 1; }

    // Copies a file of a layer below to the same path in this layer: only then does a link across layers share its
    // file.
    Result<void> copy_up(const std::string& path, const StackedTrees::Node& node) {
        leans_on_below_ = true;
        const auto [parent, name] = split_name(path);
        auto in = folder(parent);
        if (!in) return in.error();
        const sys::Fd from = open_beneath(stack_.fd(node.tree), path, O_RDONLY);
        const sys::Fd to(::openat(*in, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!from || !to) return failure("copy from the layers below", path);
        const fs::path place = directory_ / path;
        for (;;) {
            auto got = sys::read_full(from.get(), buffer_, place);
            if (!got) return got.error();
            if (auto written = sys::write_all(to.get(), std::span(buffer_).first(*got), place); !written)
                return written;
            if (*got < buffer_.size()) break;
        }
        auto xattrs = attributes_of(from.get(), path);
        if (!xattrs) return xattrs.error();
        const struct stat& facts = node.facts;
        // The owner is changed first, since that removes setuid bits and capabilities (chown(2)).
        if (::fchown(to.get(), facts.st_uid, facts.st_gid) != 0 || ::fchmod(to.get(), facts.st_mode & 07777) != 0)
            return failure("set the owner of", path);
        if (auto set = set_xattrs(to.get(), path, *xattrs); !set) return set;
        if (::futimens(to.get(), times(facts.st_mtim.tv_sec).data()) != 0) return failure("set the time of", path);
        return {};
    }

    Result<std::map<std::string, std::string>> attributes_of(int fd, const std::string& path) {
        std::vector<char> names(64 << 10), value(64 << 10);  // the largest sizes that Linux allows
        const ssize_t size = ::flistxattr(fd, names.data(), names.size());
        if (size < 0 && errno != ENOTSUP) return failure("read the attributes of", path);
        std::map<std::string, std::string> out;
        for (const char* at = names.data(); size > 0 && at < names.data() + size;
             at += std::string_view(at).size() + 1) {
            const ssize_t length = ::fgetxattr(fd, at, value.data(), value.size());
            if (length < 0) return failure("read the attributes of", path);
            out[at] = std::string(value.data(), static_cast<std::size_t>(length));
        }
        return out;
    }

    Result<void> leaf(int in, const ArchiveEntry& entry, const std::string& name, io::ArchiveReader& tar) {
        if (entry.type == Type::character_device && entry.device_major == 0 && entry.device_minor == 0)
            return build_error("the layer has the device 0/0 at '/" + entry.path +
                               "', which an overlay file system takes for a deletion");
        if (auto removed = remove(in, entry.path, name); !removed) return removed;
        if (entry.type == Type::file) return file(in, entry, name, tar);
        int made = 0;
        if (entry.type == Type::symlink) {
            made = ::symlinkat(entry.link.c_str(), in, name.c_str());
        } else {
            const mode_t type = entry.type == Type::fifo               ? S_IFIFO
                                : entry.type == Type::character_device ? S_IFCHR
                                                                       : S_IFBLK;
            made = ::mknodat(in, name.c_str(), type | 0600, ::makedev(entry.device_major, entry.device_minor));
        }
        // Each of these was just made here, so there is no symlink to follow but the new one itself, which is not
        // followed.
        if (made != 0 || ::fchownat(in, name.c_str(), entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW) != 0 ||
            (entry.type != Type::symlink && ::fchmodat(in, name.c_str(), entry.mode, 0) != 0) ||
            ::utimensat(in, name.c_str(), times(entry.mtime).data(), AT_SYMLINK_NOFOLLOW) != 0)
            return failure("make", entry.path);
        return {};
    }

    Result<void> file(int in, const ArchiveEntry& entry, const std::string& name, io::ArchiveReader& tar) {
        const sys::Fd fd(::openat(in, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!fd) return failure("create", entry.path);
        for (;;) {
            auto got = tar.read(buffer_);
            if (!got) return got.error();
            if (*got == 0) break;
            if (auto put = sys::write_all(fd.get(), std::span(buffer_).first(*got), directory_ / entry.path); !put)
                return put;
        }
        // The owner is changed first, since that removes setuid bits and capabilities (chown(2)).
        if (::fchown(fd.get(), entry.uid, entry.gid) != 0 || ::fchmod(fd.get(), entry.mode) != 0)
            return failure("set the owner of", entry.path);
        if (auto set = set_xattrs(fd.get(), entry.path, entry.xattrs); !set) return set;
        if (::futimens(fd.get(), times(entry.mtime).data()) != 0) return failure("set the time of", entry.path);
        return {};
    }

    Result<void> set_xattrs(int fd, const std::string& path, const std::map<std::string, std::string>& xattrs) const {
        for (const auto& [name, value] : xattrs) {
            if (!is_restored(name)) continue;
            if (::fsetxattr(fd, name.c_str(), value.data(), value.size(), 0) == 0) continue;
            // A file system without user attributes only loses what its own users may have set; a capability is never
            // lost.
            if (errno == ENOTSUP && name != "security.capability") continue;
            return failure("set the attribute " + name + " of", path);
        }
        return {};
    }

    Result<void> finish_directories() {
        for (auto at = directories_.rbegin(); at != directories_.rend(); ++at) {
            const auto& [path, wanted] = *at;
            const sys::Fd fd = open_beneath(root_.get(), path, O_RDONLY | O_DIRECTORY);
            if (!fd || ::fchmod(fd.get(), wanted.mode) != 0) return failure("set the mode of", path);
            if (::futimens(fd.get(), times(wanted.mtime).data()) != 0) return failure("set the time of", path);
        }
        return {};
    }

    fs::path directory_;
    sys::Fd root_, folder_;
    std::string folder_path_;
    StackedTrees own_, stack_;
    bool leans_on_below_ = false;
    std::map<std::string, Attributes> directories_;
    std::vector<std::byte> buffer_ = std::vector<std::byte>(1 << 20);
};

}  // namespace

Result<Unpacked> unpack_layer(const Store& store, const BuiltLayer& layer, const fs::path& directory,
                              const std::vector<fs::path>& below) {
    auto reader = LayerReader::open(store, layer);
    if (!reader) return reader.error();
    auto root = sys::open_fd(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!root) return root.error();
    if (!fs::is_empty(directory)) return build_error("the folder '" + directory.string() + "' is not empty");
    if (::fchmod(root->get(), 0755) != 0) return os_error("set the mode of", directory, errno);
    auto own = StackedTrees::open({directory}), stack = StackedTrees::open(below);
    if (!own) return own.error();
    if (!stack) return stack.error();
    if (auto put = stack->put_on_top(directory); !put) return put.error();
    return Unpacker(directory, std::move(*root), std::move(*own), std::move(*stack)).run(*reader);
}

}  // namespace tmplbuild
