// SPDX-License-Identifier: Apache-2.0
#include "io/archive_member.hpp"

#include <vector>

#include "base/text.hpp"
#include "io/archive.hpp"

namespace tmplbuild::io {

namespace fs = std::filesystem;

namespace {

Result<std::string> read_content(ArchiveReader& reader, std::uint64_t size, const fs::path& file, std::uint64_t limit) {
    if (size > limit)
        return build_error("a member of " + file.string() + " is larger than the limit of " + human_bytes(limit));
    std::string content(size, '\0');
    for (std::size_t done = 0; done < size;) {
        auto got = reader.read(std::as_writable_bytes(std::span(content)).subspan(done));
        if (!got) return got.error();
        done += *got;
    }
    return content;
}

// Gives each chosen member to `take` until that returns false.
Result<void> visit(const fs::path& file, const MemberChoice& choice, std::uint64_t limit,
                   const std::function<bool(std::string path, std::string content)>& take) {
    auto reader = ArchiveReader::open(file);
    if (!reader) return reader.error();
    for (;;) {
        auto entry = reader->next();
        if (!entry) return entry.error();
        if (!*entry) return {};
        if ((*entry)->type != ArchiveEntry::Type::file || !choice((*entry)->path)) continue;
        auto content = read_content(*reader, (*entry)->size, file, limit);
        if (!content) return content.error();
        limit -= content->size();
        if (!take((*entry)->path, std::move(*content))) return {};
    }
}

}  // namespace

Result<std::optional<std::string>> read_archive_member(const fs::path& archive, const MemberChoice& choice,
                                                       std::uint64_t limit) {
    std::optional<std::string> found;
    auto visited = visit(archive, choice, limit, [&found](const std::string&, std::string content) {
        found = std::move(content);
        return false;
    });
    if (!visited) return visited.error();
    return found;
}

Result<std::map<std::string, std::string>> read_archive_members(const fs::path& archive, const MemberChoice& choice,
                                                                std::uint64_t limit) {
    std::map<std::string, std::string> found;
    auto visited = visit(archive, choice, limit, [&found](std::string path, std::string content) {
        found[std::move(path)] = std::move(content);
        return true;
    });
    if (!visited) return visited.error();
    return found;
}

}  // namespace tmplbuild::io
