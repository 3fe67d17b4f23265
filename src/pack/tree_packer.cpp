// SPDX-License-Identifier: Apache-2.0
#include "pack/tree_packer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <vector>

#include "pack/whiteout.hpp"
#include "sys/fd.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

// Which extended attributes of a file a layer keeps: capabilities and the user's own. Others (SELinux labels, overlay
// bookkeeping) belong to the machine that packed.
bool is_packed(const std::string& name) {
    return name == "security.capability" || (name.starts_with("user.") && !name.starts_with("user.overlay."));
}

Result<std::vector<std::string>> xattr_names(const fs::path& path) {
    std::string names(4096, '\0');
    for (;;) {
        const ssize_t size = ::llistxattr(path.c_str(), names.data(), names.size());
        if (size < 0 && errno == ERANGE) {
            names.resize(names.size() * 4);
            continue;
        }
        if (size < 0 && errno == ENOTSUP) return std::vector<std::string>{};
        if (size < 0) return os_error("list the attributes of", path, errno);
        std::vector<std::string> out;
        for (std::size_t at = 0; at < static_cast<std::size_t>(size); at += out.back().size() + 1)
            out.emplace_back(names.c_str() + at);
        return out;
    }
}

std::optional<std::string> xattr_value(const fs::path& path, const std::string& name) {
    std::string value(65536, '\0');  // the kernel's own limit, XATTR_SIZE_MAX
    const ssize_t size = ::lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
    if (size < 0) return std::nullopt;
    value.resize(static_cast<std::size_t>(size));
    return value;
}

class TreeWalk {
  public:
    TreeWalk(const Store& store, const fs::path& root, const TreePackOptions& options)
        : root_(root), options_(options), writer_(store, options.pack) {}

    Result<BuiltLayer> run() {
        if (auto walked = folder(""); !walked) return walked.error();
        return writer_.finish();
    }

  private:
    struct Name {
        std::string on_disk;
        struct stat facts {};
        bool is_whiteout = false;
        std::string in_layer() const { return is_whiteout ? whiteout_path(on_disk) : on_disk; }
    };

    Result<void> folder(const std::string& path) {
        std::vector<Name> names;
        std::error_code failed;
        for (fs::directory_iterator at(root_ / path, failed), end; at != end; at.increment(failed))
            names.push_back({at->path().filename(), {}});
        if (failed) return os_error("read the folder", root_ / path, failed.value());
        for (Name& name : names) {
            const fs::path file = root_ / path / name.on_disk;
            if (::lstat(file.c_str(), &name.facts) != 0) return os_error("look at", file, errno);
            name.is_whiteout = options_.overlay_upper && is_overlay_whiteout(name.facts);
        }
        // Sorted in the order of the layer, in which a whiteout has another name than on disk.
        std::sort(names.begin(), names.end(),
                  [](const Name& a, const Name& b) { return layer_path_less(a.in_layer(), b.in_layer()); });
        for (const Name& name : names)
            if (auto packed = pack_entry(path.empty() ? name.on_disk : path + "/" + name.on_disk, name); !packed)
                return packed;
        return {};
    }

    Result<void> pack_entry(const std::string& path, const Name& name) {
        const struct stat& facts = name.facts;
        if (options_.skip && options_.skip(path, S_ISDIR(facts.st_mode))) return {};
        // This comes before hard links, since overlayfs makes many whiteouts of one inode.
        if (name.is_whiteout) return writer_.add_whiteout(path);
        Entry entry{.path = path, .mode = facts.st_mode & 07777, .uid = facts.st_uid, .gid = facts.st_gid};
        entry.mtime = std::min<std::int64_t>(facts.st_mtim.tv_sec, options_.mtime_ceiling);
        bool opaque = false;
        if (auto read = attributes(entry, opaque); !read) return read;
        if (S_ISDIR(facts.st_mode)) return directory(std::move(entry), opaque);
        return leaf(std::move(entry), facts);
    }

    Result<void> attributes(Entry& entry, bool& opaque) {
        auto names = xattr_names(root_ / entry.path);
        if (!names) return names.error();
        for (const std::string& name : *names) {
            if (options_.overlay_upper && (name == overlay_redirect || name == overlay_metacopy))
                return build_error(
                    "'" + entry.path + "' was moved within the overlay, and only a reference to it is here",
                    "mount the overlay with redirect_dir=off,metacopy=off");
            if (options_.overlay_upper && name == overlay_opaque)
                opaque = xattr_value(root_ / entry.path, name).value_or("") == "y";
            if (!is_packed(name)) continue;
            if (auto value = xattr_value(root_ / entry.path, name)) entry.xattrs[name] = *value;
        }
        return {};
    }

    Result<void> directory(Entry entry, bool opaque) {
        entry.type = EntryType::directory;
        const std::string path = entry.path;
        if (auto added = writer_.add(entry); !added) return added;
        if (opaque && (!options_.is_below || options_.is_below(path)))
            if (auto added = writer_.add_opaque(path); !added) return added;
        return folder(path);
    }

    Result<void> leaf(Entry entry, const struct stat& facts) {
        if (facts.st_nlink > 1 && !S_ISDIR(facts.st_mode)) {
            auto [first, fresh] = links_.try_emplace({facts.st_dev, facts.st_ino}, entry.path);
            if (!fresh) {
                entry.type = EntryType::hardlink;
                entry.link = first->second;
                entry.xattrs.clear();
                return writer_.add(entry);
            }
        }
        if (S_ISREG(facts.st_mode)) {
            const fs::path from = root_ / entry.path;
            return writer_.add_file(std::move(entry), from);
        }
        if (S_ISLNK(facts.st_mode)) {
            std::error_code failed;
            entry.type = EntryType::symlink;
            entry.link = fs::read_symlink(root_ / entry.path, failed);
            if (failed) return os_error("read the link", root_ / entry.path, failed.value());
        } else if (S_ISCHR(facts.st_mode) || S_ISBLK(facts.st_mode)) {
            entry.type = S_ISCHR(facts.st_mode) ? EntryType::character_device : EntryType::block_device;
            entry.device_major = ::major(facts.st_rdev);
            entry.device_minor = ::minor(facts.st_rdev);
        } else if (S_ISFIFO(facts.st_mode)) {
            entry.type = EntryType::fifo;
        } else {
            return {};  // a socket is useless without the process that made it
        }
        return writer_.add(entry);
    }

    const fs::path& root_;
    const TreePackOptions& options_;
    LayerWriter writer_;
    std::map<std::pair<dev_t, ino_t>, std::string> links_;
};

}  // namespace

Result<BuiltLayer> pack_tree(const Store& store, const fs::path& root, const TreePackOptions& options) {
    return TreeWalk(store, root, options).run();
}

}  // namespace tmplbuild
