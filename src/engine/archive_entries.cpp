// SPDX-License-Identifier: Apache-2.0
#include "engine/archive_entries.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <vector>

#include "base/text.hpp"
#include "io/archive.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

using io::ArchiveEntry;

// "pack-1.0/bin/go" without its first parts; empty where nothing is left.
std::string stripped(const std::string& path, std::uint32_t parts) {
    std::size_t at = 0;
    for (; parts != 0; --parts) {
        at = path.find('/', at);
        if (at == std::string::npos) return {};
        ++at;
    }
    return path.substr(at);
}

Result<void> save(io::ArchiveReader& reader, const fs::path& file) {
    auto fd = sys::open_fd(file, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (!fd) return fd.error();
    std::vector<std::byte> buffer(1 << 18);
    for (;;) {
        auto got = reader.read(buffer);
        if (!got) return got.error();
        if (*got == 0) return {};
        if (auto written = sys::write_all(fd->get(), std::span(buffer).first(*got), file); !written) return written;
    }
}

// One content with all of its names, of which the one that comes first in the layer is in front: a layer is sorted, an
// archive is not.
struct Content {
    fs::path file;
    unsigned mode;
    std::vector<std::string> names;
};

class ArchiveContents {
  public:
    explicit ArchiveContents(fs::path work) : work_(std::move(work)) {}

    Result<void> take(const ArchiveEntry& from, io::ArchiveReader& reader) {
        switch (from.type) {
            case ArchiveEntry::Type::directory:
                return put(from.path, {.path = {}, .type = EntryType::directory, .mode = 0755});
            case ArchiveEntry::Type::symlink:
                return put(from.path, {.path = {}, .type = EntryType::symlink, .link = from.link});
            case ArchiveEntry::Type::hardlink:
                return link(from);
            case ArchiveEntry::Type::file:
                return file(from, reader);
            default:
                return build_error("the archive holds '" + from.path +
                                   "', which is neither a file, a folder nor a link");
        }
    }

    // Removes leading parts of names. An entry whose name is gone is removed too, unless its content has another name.
    Result<void> strip(std::uint32_t parts) {
        std::map<std::string, Entry> others;
        for (const auto& [name, entry] : others_) {
            const std::string left = stripped(name, parts);
            if (left.empty()) continue;
            const auto [found, fresh] = others.try_emplace(left, entry);
            if (!fresh && (found->second.type != entry.type || found->second.link != entry.link))
                return build_error("the archive has two entries for '" + left + "' when " + std::to_string(parts) +
                                   " leading parts are dropped");
        }
        others_ = std::move(others);
        for (Content& content : contents_) {
            for (std::string& name : content.names) name = stripped(name, parts);
            std::erase(content.names, "");
            std::sort(content.names.begin(), content.names.end(), layer_path_less);
        }
        return {};
    }

    const std::map<std::string, Entry>& others() const { return others_; }
    const std::vector<Content>& contents() const { return contents_; }

  private:
    // Removes what an earlier entry put under this name.
    void forget(const std::string& name) {
        others_.erase(name);
        const auto content = content_of_.find(name);
        if (content == content_of_.end()) return;
        std::erase(contents_[content->second].names, name);
        content_of_.erase(content);
    }

    Result<void> put(const std::string& name, Entry entry) {
        forget(name);
        others_.emplace(name, std::move(entry));
        return {};
    }

    Result<void> file(const ArchiveEntry& from, io::ArchiveReader& reader) {
        // A small archive may hold a sparse file of any size.
        auto room = sys::free_bytes(work_);
        if (!room) return room.error();
        if (from.size > *room)
            return build_error("the archive's file '" + from.path + "' has " + human_bytes(from.size) + ", and " +
                                   work_.string() + " has room for " + human_bytes(*room),
                               "free some room, or keep the store elsewhere (TMPLBUILD_CACHE)");
        forget(from.path);
        Content content{work_ / std::to_string(contents_.size()), (from.mode & 0111) != 0 ? 0755U : 0644U, {from.path}};
        if (auto saved = save(reader, content.file); !saved) return saved;
        content_of_[from.path] = contents_.size();
        contents_.push_back(std::move(content));
        return {};
    }

    Result<void> link(const ArchiveEntry& from) {
        const auto found = content_of_.find(from.link);
        if (found == content_of_.end())
            return build_error("the archive's hard link '" + from.path + "' names '" + from.link +
                               "', which is no file before it in the archive");
        if (from.path == from.link) return {};
        const std::size_t content = found->second;
        forget(from.path);
        contents_[content].names.push_back(from.path);
        content_of_[from.path] = content;
        return {};
    }

    const fs::path work_;
    std::map<std::string, Entry> others_;  // folders and symlinks, by their names in the archive
    std::vector<Content> contents_;
    std::map<std::string, std::size_t> content_of_;  // by name in the archive → index into the contents
};

Result<ArchiveContents> take_all(const fs::path& archive, std::uint32_t strip, const fs::path& work) {
    auto reader = io::ArchiveReader::open(archive);
    if (!reader) return reader.error();
    ArchiveContents contents(work);
    for (;;) {
        auto next = reader->next();
        if (!next) return next.error();
        if (!*next) break;
        if (auto taken = contents.take(**next, *reader); !taken) return taken.error();
    }
    if (auto done = contents.strip(strip); !done) return done.error();
    return contents;
}

// Refuses a name that leads through a link of the archive.
Result<void> refuse_through_link(const std::map<std::string, Entry>& others, const std::string& name) {
    for (std::size_t at = name.find('/'); at != std::string::npos; at = name.find('/', at + 1)) {
        const auto above = others.find(name.substr(0, at));
        if (above != others.end() && above->second.type != EntryType::directory)
            return build_error("the archive's '" + name + "' lies in '" + above->first + "', which is a link");
    }
    return {};
}

Result<void> write_content(const Content& content, const fs::path& to) {
    std::error_code failed;
    for (const std::string& name : content.names) {
        const fs::path place = to / name;
        if (auto made = sys::make_directories(place.parent_path()); !made) return made;
        // A rename would replace what another name of the archive put there.
        fs::create_hard_link(content.file, place, failed);
        if (failed) return os_error("write", place, failed.value());
    }
    if (::chmod(content.file.c_str(), content.mode) != 0) return os_error("set the mode of", content.file, errno);
    return {};
}

}  // namespace

Result<void> add_archive(EntrySet& set, const fs::path& archive, const std::string& dest, std::uint32_t strip,
                         const fs::path& work) {
    auto taken = take_all(archive, strip, work);
    if (!taken) return taken.error();
    const auto place = [&](const std::string& name) { return dest.empty() ? name : dest + "/" + name; };
    for (const auto& [name, other] : taken->others()) {
        Entry entry = other;
        entry.path = place(name);
        if (auto added = set.add(std::move(entry), {}, name); !added) return added;
    }
    for (const Content& content : taken->contents())
        for (const std::string& name : content.names) {
            Entry entry{.path = place(name), .mode = content.mode};
            const bool first = &name == content.names.data();
            if (!first) {
                entry.type = EntryType::hardlink;
                entry.link = set.resolve(place(content.names.front()));
            }
            auto added = set.add(std::move(entry), first ? EntrySet::Content(content.file) : EntrySet::Content(), name);
            if (!added) return added;
        }
    return {};
}

Result<void> unpack_archive(const fs::path& archive, const fs::path& to, std::uint32_t strip) {
    auto work = sys::TempDirectory::make(to.parent_path(), ".unpack-");
    if (!work) return work.error();
    auto taken = take_all(archive, strip, work->path());
    if (!taken) return taken.error();
    for (const auto& [name, entry] : taken->others())
        if (entry.type == EntryType::directory)
            if (auto made = sys::make_directories(to / name); !made) return made;
    for (const Content& content : taken->contents())
        if (auto written = write_content(content, to); !written) return written;
    // Links come last, and none lies below another, so nothing is ever written through one.
    for (const auto& [name, entry] : taken->others()) {
        if (entry.type != EntryType::symlink) continue;
        if (auto checked = refuse_through_link(taken->others(), name); !checked) return checked;
        const fs::path place = to / name;
        if (auto made = sys::make_directories(place.parent_path()); !made) return made;
        std::error_code failed;
        fs::create_symlink(entry.link, place, failed);
        if (failed) return os_error("make the link", place, failed.value());
    }
    return {};
}

}  // namespace tmplbuild
