// SPDX-License-Identifier: Apache-2.0
#include "io/archive_member.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <array>
#include <memory>

#include "base/text.hpp"

namespace tmplbuild::io {

namespace fs = std::filesystem;

namespace {

struct FreeArchive {
    void operator()(archive* reader) const { ::archive_read_free(reader); }
};
using Reader = std::unique_ptr<archive, FreeArchive>;

Error unreadable(const fs::path& file, archive* reader) {
    const char* why = ::archive_error_string(reader);
    return build_error("cannot read the archive " + file.string() + ": " + (why == nullptr ? "no reason given" : why));
}

Result<std::string> read_content(archive* reader, const fs::path& file, std::uint64_t limit) {
    std::string content;
    std::array<char, 16384> buffer{};
    for (;;) {
        const la_ssize_t got = ::archive_read_data(reader, buffer.data(), buffer.size());
        if (got == 0) return content;
        if (got < 0) return unreadable(file, reader);
        content.append(buffer.data(), static_cast<std::size_t>(got));
        if (content.size() > limit)
            return build_error("a member of " + file.string() + " is larger than the limit of " + human_bytes(limit));
    }
}

// Hands each chosen member to `take` until it says false.
Result<void> visit(const fs::path& file, const MemberChoice& choice, std::uint64_t limit,
                   const std::function<bool(std::string path, std::string content)>& take) {
    const Reader reader(::archive_read_new());
    if (!reader) return machine_error("libarchive cannot be started");
    ::archive_read_support_filter_all(reader.get());
    ::archive_read_support_format_tar(reader.get());
    ::archive_read_support_format_zip(reader.get());
    if (::archive_read_open_filename(reader.get(), file.c_str(), 64 << 10) != ARCHIVE_OK)
        return unreadable(file, reader.get());
    for (;;) {
        archive_entry* entry = nullptr;
        const int got = ::archive_read_next_header(reader.get(), &entry);
        if (got == ARCHIVE_EOF) return {};
        if (got < ARCHIVE_WARN) return unreadable(file, reader.get());
        const char* path = ::archive_entry_pathname(entry);
        if (path == nullptr || ::archive_entry_filetype(entry) != AE_IFREG || !choice(path)) continue;
        auto content = read_content(reader.get(), file, limit);
        if (!content) return content.error();
        limit -= content->size();
        if (!take(path, std::move(*content))) return {};
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
