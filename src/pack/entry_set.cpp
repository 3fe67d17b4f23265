// SPDX-License-Identifier: Apache-2.0
#include "pack/entry_set.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/text.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

static std::string by(const std::string& origin) { return origin.empty() ? "" : " (from " + origin + ")"; }

static bool same_folder(const Entry& a, const Entry& b) {
    return a.type == EntryType::directory && b.type == EntryType::directory && a.mode == b.mode && a.uid == b.uid &&
           a.gid == b.gid;
}

Result<void> EntrySet::add(Entry entry, Content content, const std::string& origin) {
    // Links of the base are followed on the way to an entry; an entry at the place of such a link would replace it.
    if (auto link = facts_.symlinks.find(entry.path); link != facts_.symlinks.end()) {
        if (entry.type == EntryType::directory) {
            entry.path = link->second;  // a folder "bin" on a base with bin → usr/bin is the folder usr/bin
        } else if (entry.type != EntryType::symlink || entry.link != link->second) {
            return build_error(
                "'/" + entry.path + "'" + by(origin) + " would replace the base's link to '/" + link->second + "'",
                "write it to '/" + link->second + "' or to another place");
        }
    }
    entry.path = facts_.resolve(entry.path);
    if (auto folder = facts_.folders.find(entry.path);
        folder != facts_.folders.end() && entry.type != EntryType::directory)
        return build_error("'/" + entry.path + "'" + by(origin) + " would replace a folder of the base by a file",
                           "end the destination with '/' to put the file into the folder");
    auto [found, inserted] = items_.try_emplace(entry.path, Item{entry, std::move(content), origin});
    if (inserted || same_folder(found->second.entry, entry)) return {};
    return build_error(
        "two entries for '/" + entry.path + "': one" + by(found->second.origin) + " and one" + by(origin),
        "leave one of them out");
}

bool link_leaves(const std::string& relative, const std::string& target) {
    const fs::path lands = (fs::path(relative).parent_path() / target).lexically_normal();
    return fs::path(target).is_absolute() || (!lands.empty() && *lands.begin() == "..");
}

namespace {

// Walks over a tree on disk in any order, since the set sorts.
class Walk {
  public:
    Walk(EntrySet& set, const fs::path& from, const std::string& dest, const EntrySet::TreeOptions& options)
        : set_(set), root_(from), dest_(dest), options_(options) {}

    Result<void> folder(const std::string& relative) {
        std::error_code failed;
        const fs::path here = relative.empty() ? root_ : root_ / relative;
        for (fs::directory_iterator at(here, failed), end; at != end; at.increment(failed)) {
            const std::string name = at->path().filename();
            const std::string below = relative.empty() ? name : relative + "/" + name;
            if (options_.exclude && options_.exclude(below)) continue;
            if (auto added = add_entry(at->path(), below); !added) return added;
        }
        if (failed) return os_error("read the folder", here, failed.value());
        return {};
    }

    Result<void> add_entry(const fs::path& path, const std::string& relative) {
        struct stat facts {};
        if (::lstat(path.c_str(), &facts) != 0) return os_error("look at", path, errno);
        Entry entry{.path = relative.empty() ? dest_ : dest_ + "/" + relative};
        entry.uid = options_.uid;
        entry.gid = options_.gid;
        entry.mtime = options_.mtime;
        if (S_ISDIR(facts.st_mode)) {
            entry.type = EntryType::directory;
            entry.mode = options_.keep_modes ? facts.st_mode & 07777 : 0755;
            if (auto added = set_.add(entry, {}, options_.origin); !added) return added;
            return folder(relative);
        }
        if (S_ISLNK(facts.st_mode)) return link(path, relative, std::move(entry));
        if (!S_ISREG(facts.st_mode))
            return build_error("'" + path.string() + "' is neither a file, a folder nor a link",
                               "leave it out with `exclude`");
        const bool executable = (facts.st_mode & 0111) != 0;
        entry.mode =
            options_.keep_modes ? facts.st_mode & 07777 : options_.file_mode.value_or(executable ? 0755 : 0644);
        entry.size = static_cast<std::uint64_t>(facts.st_size);
        return set_.add(std::move(entry), path, options_.origin);
    }

  private:
    Result<void> link(const fs::path& path, const std::string& relative, Entry entry) {
        std::error_code failed;
        const fs::path target = fs::read_symlink(path, failed);
        if (failed) return os_error("read the link", path, failed.value());
        if (!options_.any_link && link_leaves(relative, target))
            return build_error(
                "the link '" + path.string() + "' leads out of the copied folder, to '" + target.string() + "'",
                "copy what it points to, or leave it out with `exclude`");
        entry.type = EntryType::symlink;
        entry.mode = 0777;
        entry.link = target;
        return set_.add(std::move(entry), {}, options_.origin);
    }

    EntrySet& set_;
    const fs::path& root_;
    const std::string& dest_;
    const EntrySet::TreeOptions& options_;
};

}  // namespace

Result<void> EntrySet::add_tree(const fs::path& from, const std::string& dest, const TreeOptions& options) {
    return Walk(*this, from, dest, options).add_entry(from, "");
}

bool EntrySet::contains(const std::string& path) const { return items_.contains(facts_.resolve(path)); }

std::uint64_t EntrySet::content_bytes() const {
    std::uint64_t sum = 0;
    for (const auto& [path, item] : items_) {
        const auto* text = std::get_if<std::string>(&item.content);
        sum += text != nullptr ? text->size() : item.entry.size;
    }
    return sum;
}

Result<BuiltLayer> EntrySet::write(const Store& store, PackOptions options) const {
    LayerWriter writer(store, std::move(options));
    std::set<std::string> made;
    auto parents = [&](const std::string& path) -> Result<void> {
        for (std::size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1)) {
            const std::string folder = path.substr(0, at);
            if (auto given = items_.find(folder); given != items_.end()) {
                if (given->second.entry.type == EntryType::directory) continue;
                return build_error("'/" + folder + "'" + by(given->second.origin) + " is no folder, but '/" + path +
                                   "' lies in it");
            }
            if (!made.insert(folder).second) continue;
            Entry entry{.path = folder, .type = EntryType::directory, .mode = 0755};
            if (auto special = facts_.folders.find(folder); special != facts_.folders.end()) {
                entry.mode = special->second.mode;
                entry.uid = special->second.uid;
                entry.gid = special->second.gid;
            }
            if (auto added = writer.add(entry); !added) return added;
        }
        return {};
    };
    for (const auto& [path, item] : items_) {
        Result<void> added = parents(path);
        if (added) {
            if (const auto* text = std::get_if<std::string>(&item.content)) {
                added = writer.add_text(item.entry, *text);
            } else if (const auto* file = std::get_if<fs::path>(&item.content)) {
                added = writer.add_file(item.entry, *file);
            } else if (const auto* produce = std::get_if<Producer>(&item.content)) {
                added = writer.begin(item.entry);
                if (added) added = (*produce)([&](auto data) { return writer.write(data); });
            } else {
                added = writer.add(item.entry);
            }
        }
        if (!added) return added.error();
    }
    return writer.finish();
}

}  // namespace tmplbuild
