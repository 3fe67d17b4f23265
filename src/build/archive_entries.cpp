// SPDX-License-Identifier: Apache-2.0
#include "build/archive_entries.hpp"

#include <fcntl.h>

#include <vector>

#include "io/archive.hpp"
#include "io/fd.hpp"

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
    auto fd = io::open_fd(file, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (!fd) return fd.error();
    std::vector<std::byte> buffer(1 << 18);
    for (;;) {
        auto got = reader.read(buffer);
        if (!got) return got.error();
        if (*got == 0) return {};
        if (auto written = io::write_all(fd->get(), std::span(buffer).first(*got), file); !written) return written;
    }
}

}  // namespace

Result<void> add_archive(EntrySet& set, const fs::path& archive, const std::string& dest, std::uint32_t strip,
                         const fs::path& work) {
    auto reader = io::ArchiveReader::open(archive);
    if (!reader) return reader.error();
    for (std::size_t number = 0;; ++number) {
        auto next = reader->next();
        if (!next) return next.error();
        if (!*next) return {};
        const ArchiveEntry& from = **next;
        const std::string name = stripped(from.path, strip);
        if (name.empty()) continue;
        Entry entry{.path = dest.empty() ? name : dest + "/" + name};
        const bool executable = (from.mode & 0111) != 0;
        entry.mode = executable ? 0755 : 0644;
        Result<void> added;
        switch (from.type) {
            case ArchiveEntry::Type::directory:
                entry.type = EntryType::directory;
                entry.mode = 0755;
                added = set.add(entry, {}, from.path);
                break;
            case ArchiveEntry::Type::symlink:
                entry.type = EntryType::symlink;
                entry.link = from.link;
                added = set.add(entry, {}, from.path);
                break;
            case ArchiveEntry::Type::hardlink: {
                entry.type = EntryType::hardlink;
                const std::string target = stripped(from.link, strip);
                entry.link = dest.empty() ? target : dest + "/" + target;
                added = set.add(entry, {}, from.path);
                break;
            }
            case ArchiveEntry::Type::file: {
                const fs::path file = work / std::to_string(number);
                if (auto saved = save(*reader, file); !saved) return saved;
                added = set.add(entry, file, from.path);
                break;
            }
            default:
                return build_error("the archive holds '" + from.path +
                                   "', which is neither a file, a folder nor a link");
        }
        if (!added) return added;
    }
}

}  // namespace tmplbuild
