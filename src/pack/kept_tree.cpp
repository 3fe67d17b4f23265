// SPDX-License-Identifier: Apache-2.0
#include "pack/kept_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <memory>
#include <utility>
#include <vector>

#include "sys/fd.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t buffer_bytes = 64 << 10;  // for a list of attributes or a value: Linux allows no more

// Walks a tree in the order of names; each entry becomes one record of the hash.
class FactsWalk {
  public:
    Result<Digest> run(const fs::path& tree) {
        path_ = tree;
        struct stat facts {};
        if (::lstat(path_.c_str(), &facts) != 0) return os_error("look at", path_, errno);
        facts.st_mtim.tv_sec = 0;
        if (auto added = add("", facts); !added) return added.error();
        if (auto walked = folder(); !walked) return walked.error();
        return hash_.finish();
    }

  private:
    Result<void> folder() {
        auto names = list();
        if (!names) return names.error();
        for (const std::string& name : *names) {
            const std::size_t before = path_.size();
            path_ += "/" + name;
            struct stat facts {};
            if (::lstat(path_.c_str(), &facts) != 0) return os_error("look at", path_, errno);
            if (auto added = add(name, facts); !added) return added;
            if (S_ISDIR(facts.st_mode)) {
                if (auto below = folder(); !below) return below;
                number(0);  // marks the end of the folder
            }
            path_.resize(before);
        }
        return {};
    }

    Result<std::vector<std::string>> list() const {
        const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(path_.c_str()), ::closedir);
        if (!open) return os_error("read the folder", path_, errno);
        std::vector<std::string> names;
        errno = 0;
        while (const dirent* entry = ::readdir(open.get())) {
            const std::string_view name = entry->d_name;
            if (name != "." && name != "..") names.emplace_back(name);
        }
        if (errno != 0) return os_error("read the folder", path_, errno);
        std::sort(names.begin(), names.end());
        return names;
    }

    Result<void> add(const std::string& name, const struct stat& facts) {
        number(1);
        text(name);
        for (const std::uint64_t value :
             {static_cast<std::uint64_t>(facts.st_mode), static_cast<std::uint64_t>(facts.st_uid),
              static_cast<std::uint64_t>(facts.st_gid), static_cast<std::uint64_t>(facts.st_mtim.tv_sec),
              S_ISDIR(facts.st_mode) ? 0 : static_cast<std::uint64_t>(facts.st_size),
              static_cast<std::uint64_t>(facts.st_rdev)})
            number(value);
        if (S_ISLNK(facts.st_mode)) {
            const ssize_t size = ::readlink(path_.c_str(), buffer_.data(), buffer_.size());
            if (size < 0) return os_error("read the link", path_, errno);
            text({buffer_.data(), static_cast<std::size_t>(size)});
        }
        return attributes();
    }

    Result<void> attributes() {
        const ssize_t size = ::llistxattr(path_.c_str(), buffer_.data(), buffer_.size());
        if (size < 0 && errno != ENOTSUP) return os_error("read the attributes of", path_, errno);
        if (size <= 0) return {};
        std::vector<std::string> names;
        for (const char* at = buffer_.data(); at < buffer_.data() + size; at += names.back().size() + 1)
            names.emplace_back(at);
        std::sort(names.begin(), names.end());
        for (const std::string& name : names) {
            // Security labels (SELinux and the like) belong to the machine.
            if (name.starts_with("security.") && name != "security.capability") continue;
            const ssize_t value = ::lgetxattr(path_.c_str(), name.c_str(), buffer_.data(), buffer_.size());
            if (value < 0) return os_error("read the attributes of", path_, errno);
            number(2);
            text(name);
            text({buffer_.data(), static_cast<std::size_t>(value)});
        }
        return {};
    }

    void number(std::uint64_t value) {
        hash_.update(std::string_view(reinterpret_cast<const char*>(&value), sizeof value));
    }
    void text(std::string_view value) {
        number(value.size());
        hash_.update(value);
    }

    std::string path_;
    std::vector<char> buffer_ = std::vector<char>(buffer_bytes);
    Sha256 hash_;
};

fs::path place_of(const Store& store, const std::string& name) { return store.root() / "trees" / name; }
fs::path digest_file(const Store& store, const std::string& name) {
    return store.root() / "trees" / (name + ".digest");
}

}  // namespace

Result<Digest> tree_digest(const fs::path& tree) { return FactsWalk().run(tree); }

std::optional<fs::path> find_kept_tree(const Store& store, const std::string& name) {
    const auto said = sys::read_file(digest_file(store, name), 100);
    if (!said) return std::nullopt;
    const auto kept = Digest::parse(*said);
    const fs::path place = place_of(store, name);
    const auto found = kept ? tree_digest(place) : kept.error();
    return found && *found == *kept ? std::optional(place) : std::nullopt;
}

Result<fs::path> keep_tree(const Store& store, const fs::path& tree, const std::string& name) {
    const fs::path place = place_of(store, name);
    if (auto made = sys::make_directories(place.parent_path()); !made) return made.error();
    // One call for tens of thousands of files, so that a power cut leaves none of them empty.
    if (const auto fd = sys::open_fd(tree, O_RDONLY | O_DIRECTORY); !fd || ::syncfs(fd->get()) != 0)
        return fd ? os_error("write to the disk", tree, errno) : fd.error();
    const auto digest = tree_digest(tree);
    if (!digest) return digest.error();
    auto lock = sys::FileLock::acquire_folder(place.parent_path());
    if (!lock) return lock.error();
    if (auto other = find_kept_tree(store, name)) return *other;
    // The tree there is not the one that was kept. It is moved away first, since a build may still read it.
    auto away = store.new_temp_directory("damaged");
    if (!away) return away.error();
    std::error_code failed;
    if (fs::exists(place, failed))
        if (auto moved = sys::rename_path(place, away->path() / "tree"); !moved) return moved.error();
    if (auto moved = sys::rename_path(tree, place); !moved) return moved.error();
    if (auto said = sys::write_file_atomic(digest_file(store, name), digest->to_string()); !said) return said.error();
    return place;
}

}  // namespace tmplbuild
