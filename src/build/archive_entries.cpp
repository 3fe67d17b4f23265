// SPDX-License-Identifier: Apache-2.0
#include "build/archive_entries.hpp"

#include <fcntl.h>

#include <algorithm>
#include <map>
#include <vector>

#include "io/archive.hpp"
#include "sys/fd.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

using io::ArchiveEntry;

// "pack-1.0/bin/go" without its first part; empty where nothing is left.
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

class Taking {
  public:
    Taking(EntrySet& set, std::string dest, std::uint32_t strip, fs::path work)
        : set_(set), dest_(std::move(dest)), strip_(strip), work_(std::move(work)) {}

    Result<void> take(const ArchiveEntry& from, io::ArchiveReader& reader) {
        switch (from.type) {
            case ArchiveEntry::Type::directory:
                return add(from.path, {.path = {}, .type = EntryType::directory, .mode = 0755}, {});
            case ArchiveEntry::Type::symlink:
                return add(from.path, {.path = {}, .type = EntryType::symlink, .link = from.link}, {});
            case ArchiveEntry::Type::hardlink:
                return link(from);
            case ArchiveEntry::Type::file:
                break;
            default:
                return build_error("the archive holds '" + from.path +
                                   "', which is neither a file, a folder nor a link");
        }
        Content content{work_ / std::to_string(contents_.size()), (from.mode & 0111) != 0 ? 0755U : 0644U, {from.path}};
        if (auto saved = save(reader, content.file); !saved) return saved;
        content_of_[from.path] = contents_.size();
        contents_.push_back(std::move(content));
        return {};
    }

    // A layer is sorted, an archive is not: of names that share one content, the layer's first one becomes the file.
    Result<void> finish() {
        for (Content& content : contents_) {
            std::erase_if(content.names, [&](const std::string& name) { return stripped(name, strip_).empty(); });
            std::sort(content.names.begin(), content.names.end(),
                      [&](const std::string& a, const std::string& b) { return layer_path_less(place(a), place(b)); });
            for (const std::string& name : content.names) {
                const bool first = &name == content.names.data();
                auto added = first ? add(name, {.path = {}, .mode = content.mode}, content.file)
                                   : add(name,
                                         {.path = {},
                                          .type = EntryType::hardlink,
                                          .mode = content.mode,
                                          .link = set_.resolve(place(content.names.front()))},
                                         {});
                if (!added) return added;
            }
        }
        return {};
    }

  private:
    struct Content {
        fs::path file;
        unsigned mode;
        std::vector<std::string> names;  // as the archive has them
    };

    std::string place(const std::string& name) const {
        return dest_.empty() ? stripped(name, strip_) : dest_ + "/" + stripped(name, strip_);
    }

    Result<void> add(const std::string& name, Entry entry, EntrySet::Content content) {
        if (stripped(name, strip_).empty()) return {};
        entry.path = place(name);
        return set_.add(std::move(entry), std::move(content), name);
    }

    Result<void> link(const ArchiveEntry& from) {
        const auto content = content_of_.find(from.link);
        if (content == content_of_.end())
            return build_error("the archive's hard link '" + from.path + "' names '" + from.link +
                               "', which is no file before it in the archive");
        contents_[content->second].names.push_back(from.path);
        content_of_[from.path] = content->second;
        return {};
    }

    EntrySet& set_;
    const std::string dest_;
    const std::uint32_t strip_;
    const fs::path work_;
    std::vector<Content> contents_;
    std::map<std::string, std::size_t> content_of_;
};

}  // namespace

Result<void> add_archive(EntrySet& set, const fs::path& archive, const std::string& dest, std::uint32_t strip,
                         const fs::path& work) {
    auto reader = io::ArchiveReader::open(archive);
    if (!reader) return reader.error();
    Taking taking(set, dest, strip, work);
    for (;;) {
        auto next = reader->next();
        if (!next) return next.error();
        if (!*next) return taking.finish();
        if (auto taken = taking.take(**next, *reader); !taken) return taken;
    }
}

}  // namespace tmplbuild
