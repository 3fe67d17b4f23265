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

#include "io/fd.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

// What a layer keeps of a file's extended attributes: capabilities and the user's own. Others (SELinux labels, overlay
// bookkeeping) belong to the machine that packed.
bool is_kept(const std::string& name) { return name == "security.capability" || name.starts_with("user."); }

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
    Result<void> folder(const std::string& path) {
        std::vector<std::string> names;
        std::error_code failed;
        for (fs::directory_iterator at(root_ / path, failed), end; at != end; at.increment(failed))
            names.push_back(at->path().filename());
        if (failed) return os_error("read the folder", root_ / path, failed.value());
        // In a layer a whiteout is a file of another name, and entries are sorted by the names that they have there.
        std::vector<std::pair<std::string, std::string>> entries;
        for (const std::string& name : names) {
            const std::string below = path.empty() ? name : path + "/" + name;
            entries.emplace_back(is_whiteout(below) ? (path.empty() ? "" : path + "/") + ".wh." + name : below, below);
        }
        if (is_opaque(path)) entries.emplace_back((path.empty() ? "" : path + "/") + ".wh..wh..opq", "");
        std::sort(entries.begin(), entries.end(),
                  [](const auto& a, const auto& b) { return layer_path_less(a.first, b.first); });
        for (const auto& [as, below] : entries)
            if (auto packed = as == below ? one(below) : marker(as, below); !packed) return packed;
        return {};
    }

    bool is_whiteout(const std::string& path) const {
        struct stat facts {};
        return options_.overlay_upper && ::lstat((root_ / path).c_str(), &facts) == 0 && S_ISCHR(facts.st_mode) &&
               facts.st_rdev == ::makedev(0, 0);
    }
    bool is_opaque(const std::string& path) const {
        return options_.overlay_upper && xattr_value(root_ / path, "trusted.overlay.opaque") == "y";
    }
    Result<void> marker(const std::string& as, const std::string& hidden) {
        if (!hidden.empty() && options_.skip && options_.skip(hidden, false)) return {};
        return writer_.add({.path = as, .mode = 0644});
    }

    Result<void> one(const std::string& path) {
        struct stat facts {};
        if (::lstat((root_ / path).c_str(), &facts) != 0) return os_error("look at", root_ / path, errno);
        if (options_.skip && options_.skip(path, S_ISDIR(facts.st_mode))) return {};
        Entry entry{.path = path, .mode = facts.st_mode & 07777, .uid = facts.st_uid, .gid = facts.st_gid};
        entry.mtime = std::min<std::int64_t>(facts.st_mtim.tv_sec, options_.mtime_ceiling);
        if (auto read = attributes(entry); !read) return read;
        if (S_ISDIR(facts.st_mode)) return directory(std::move(entry));
        return leaf(std::move(entry), facts);
    }

    Result<void> attributes(Entry& entry) {
        auto names = xattr_names(root_ / entry.path);
        if (!names) return names.error();
        for (const std::string& name : *names) {
            if (!is_kept(name)) continue;
            if (auto value = xattr_value(root_ / entry.path, name)) entry.xattrs[name] = *value;
        }
        return {};
    }

    Result<void> directory(Entry entry) {
        entry.type = EntryType::directory;
        const std::string path = entry.path;
        if (auto added = writer_.add(entry); !added) return added;
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
            return {};  // a socket means nothing without the process that made it
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
