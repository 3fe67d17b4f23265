// SPDX-License-Identifier: Apache-2.0
#include "io/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include "base/text.hpp"

namespace tmplbuild::io {

namespace fs = std::filesystem;

struct ArchiveReader::Impl {
    explicit Impl(std::string shown) : name(std::move(shown)) {}
    ~Impl() { archive_read_free(reader); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    Error error(const std::string& what) const {
        const char* said = archive_error_string(reader);
        return build_error("the archive '" + name + "' cannot be read: " + (said != nullptr ? said : what),
                           "it is damaged, or of a kind that is not supported");
    }

    std::string name;
    archive* reader = archive_read_new();
};

ArchiveReader::ArchiveReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ArchiveReader::ArchiveReader(ArchiveReader&&) noexcept = default;
ArchiveReader::~ArchiveReader() = default;

Result<std::string> checked_archive_path(std::string_view path) {
    if (path.starts_with('/') || path.find('\0') != std::string_view::npos)
        return build_error("the archive's entry '" + std::string(path) + "' is not a relative path");
    std::string out;
    for (const std::string& part : split(path, '/')) {
        if (part.empty() || part == ".") continue;
        if (part == "..") return build_error("the archive's entry '" + std::string(path) + "' leads outside");
        out += (out.empty() ? "" : "/") + part;
    }
    return out;
}

Result<ArchiveReader> ArchiveReader::open(const fs::path& file, std::string name) {
    auto impl = std::make_unique<Impl>(std::move(name));
    if (impl->reader == nullptr) return build_error("no memory for reading an archive");
    for (auto filter : {archive_read_support_filter_gzip, archive_read_support_filter_zstd,
                        archive_read_support_filter_xz, archive_read_support_filter_bzip2})
        filter(impl->reader);
    archive_read_support_format_tar(impl->reader);
    archive_read_support_format_zip(impl->reader);
    // Names and links stay the bytes that they are.
    archive_read_set_options(impl->reader, "hdrcharset=BINARY");
    if (archive_read_open_filename(impl->reader, file.c_str(), 1 << 20) != ARCHIVE_OK)
        return impl->error("it cannot be opened");
    return ArchiveReader(std::move(impl));
}

static Result<ArchiveEntry::Type> type_of(archive_entry* raw) {
    if (archive_entry_hardlink(raw) != nullptr) return ArchiveEntry::Type::hardlink;
    switch (archive_entry_filetype(raw)) {
        case AE_IFREG:
            return ArchiveEntry::Type::file;
        case AE_IFDIR:
            return ArchiveEntry::Type::directory;
        case AE_IFLNK:
            return ArchiveEntry::Type::symlink;
        case AE_IFCHR:
            return ArchiveEntry::Type::character_device;
        case AE_IFBLK:
            return ArchiveEntry::Type::block_device;
        case AE_IFIFO:
            return ArchiveEntry::Type::fifo;
        default:
            return build_error("an entry of a kind that is not supported");
    }
}

static void read_xattrs(archive_entry* raw, ArchiveEntry& entry) {
    archive_entry_xattr_reset(raw);
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    while (archive_entry_xattr_next(raw, &name, &value, &size) == ARCHIVE_OK)
        entry.xattrs[name] = std::string(static_cast<const char*>(value), size);
}

Result<std::optional<ArchiveEntry>> ArchiveReader::next() {
    archive_entry* raw = nullptr;
    const int got = archive_read_next_header(impl_->reader, &raw);
    if (got == ARCHIVE_EOF) return std::optional<ArchiveEntry>();
    if (got != ARCHIVE_OK && got != ARCHIVE_WARN) return impl_->error("a header is damaged");
    ArchiveEntry entry;
    const char* path = archive_entry_pathname(raw);
    auto checked = checked_archive_path(path == nullptr ? "" : path);
    auto type = type_of(raw);
    if (!checked || !type) {
        Error error = checked ? type.error() : checked.error();
        return error.while_doing("reading '" + impl_->name + "'");
    }
    entry.path = *checked;
    entry.type = *type;
    entry.mode = static_cast<std::uint32_t>(archive_entry_perm(raw));
    entry.uid = static_cast<std::uint32_t>(archive_entry_uid(raw));
    entry.gid = static_cast<std::uint32_t>(archive_entry_gid(raw));
    entry.mtime = archive_entry_mtime(raw);
    if (entry.type == ArchiveEntry::Type::file) entry.size = static_cast<std::uint64_t>(archive_entry_size(raw));
    if (entry.type == ArchiveEntry::Type::symlink) entry.link = archive_entry_symlink(raw);
    if (entry.type == ArchiveEntry::Type::hardlink) {
        auto target = checked_archive_path(archive_entry_hardlink(raw));
        if (!target) return target.error().while_doing("reading '" + impl_->name + "'");
        entry.link = *target;
    }
    entry.device_major = static_cast<std::uint32_t>(archive_entry_rdevmajor(raw));
    entry.device_minor = static_cast<std::uint32_t>(archive_entry_rdevminor(raw));
    read_xattrs(raw, entry);
    return std::optional(std::move(entry));
}

Result<std::size_t> ArchiveReader::read(std::span<std::byte> into) {
    const la_ssize_t got = archive_read_data(impl_->reader, into.data(), into.size());
    if (got < 0) return impl_->error("its content is damaged");
    return static_cast<std::size_t>(got);
}

}  // namespace tmplbuild::io
