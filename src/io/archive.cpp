// SPDX-License-Identifier: Apache-2.0
#include "io/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <limits>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::io {

namespace {

constexpr std::size_t read_block_bytes = 256 << 10;

// The form that archive.hpp promises, or what is wrong with the name.
Result<std::string> clean_path(std::string_view raw, bool absolute_allowed) {
    if (raw.starts_with('/') && !absolute_allowed) return build_error("the name is absolute");
    std::string out;
    for (const std::string& part : split(raw, '/')) {
        if (part.empty() || part == ".") continue;
        if (part == "..") return build_error("the name holds '..'");
        out += (out.empty() ? "" : "/") + part;
    }
    return out;
}

std::optional<ArchiveEntry::Type> type_of(mode_t type) {
    switch (type) {
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
            return std::nullopt;
    }
}

std::string text_of(const char* text) { return text == nullptr ? "" : text; }

}  // namespace

struct ArchiveReader::Impl {
    explicit Impl(std::string of) : name(std::move(of)), handle(archive_read_new()) {}
    ~Impl() { archive_read_free(handle); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    Error failure(const std::string& what) const {
        if (source_failed) return *source_failed;  // the source's own words
        const char* said = archive_error_string(handle);
        return build_error("cannot read " + what + " of '" + name + "': " + (said == nullptr ? "libarchive" : said));
    }
    static la_ssize_t pull(archive* handle, void* self, const void** buffer) {
        auto& impl = *static_cast<Impl*>(self);
        auto got = impl.source(impl.block);
        if (!got) {
            impl.source_failed = got.error();
            archive_set_error(handle, EIO, "the input failed");
            return -1;
        }
        *buffer = impl.block.data();
        return static_cast<la_ssize_t>(*got);
    }
    Result<ArchiveEntry> entry_of(archive_entry* from) const;
    Result<void> fill_names(archive_entry* from, ArchiveEntry& entry) const;

    std::string name;
    archive* handle;
    sys::Fd fd;
    ByteSource source;
    std::vector<std::byte> block;
    std::optional<Error> source_failed;
    bool absolute_allowed = false;
    std::string path;
};

Result<void> ArchiveReader::Impl::fill_names(archive_entry* from, ArchiveEntry& entry) const {
    const std::string raw = text_of(archive_entry_pathname(from));
    auto bad = [&](const std::string& why) {
        return build_error("the entry '" + raw + "' of '" + name + "' cannot be unpacked: " + why);
    };
    auto cleaned = clean_path(raw, absolute_allowed);
    if (!cleaned) return bad(cleaned.error().message);
    entry.path = std::move(*cleaned);
    if (const char* target = archive_entry_hardlink(from)) {
        auto link = clean_path(target, absolute_allowed);
        if (!link || link->empty()) return bad("it is a hard link to '" + std::string(target) + "'");
        entry.type = ArchiveEntry::Type::hardlink;
        entry.link = std::move(*link);
    } else if (auto type = type_of(archive_entry_filetype(from))) {
        entry.type = *type;
    } else {
        return bad("its type is not known");
    }
    if (entry.path.empty() && entry.type != ArchiveEntry::Type::directory) return bad("it has no name");
    if (entry.type == ArchiveEntry::Type::symlink) entry.link = text_of(archive_entry_symlink(from));
    return {};
}

Result<ArchiveEntry> ArchiveReader::Impl::entry_of(archive_entry* from) const {
    ArchiveEntry entry;
    if (auto filled = fill_names(from, entry); !filled) return filled.error();
    auto bad = [&](const std::string& what) {
        return build_error("the entry '" + entry.path + "' of '" + name + "' has a bad " + what);
    };
    // The largest id means "none" to the kernel (chown(2)).
    constexpr la_int64_t ids = std::numeric_limits<std::uint32_t>::max();
    const la_int64_t uid = archive_entry_uid(from), gid = archive_entry_gid(from), size = archive_entry_size(from);
    if (uid < 0 || uid >= ids || gid < 0 || gid >= ids) return bad("owner");
    if (size < 0) return bad("size");
    entry.mode = archive_entry_perm(from) & 07777;
    entry.uid = static_cast<std::uint32_t>(uid);
    entry.gid = static_cast<std::uint32_t>(gid);
    entry.size = entry.type == ArchiveEntry::Type::file ? static_cast<std::uint64_t>(size) : 0;
    entry.mtime = archive_entry_mtime(from);
    entry.device_major = static_cast<std::uint32_t>(archive_entry_rdevmajor(from));
    entry.device_minor = static_cast<std::uint32_t>(archive_entry_rdevminor(from));
    archive_entry_xattr_reset(from);
    const char* key = nullptr;
    const void* value = nullptr;
    std::size_t length = 0;
    while (archive_entry_xattr_next(from, &key, &value, &length) == ARCHIVE_OK)
        if (key != nullptr) entry.xattrs[key] = std::string(static_cast<const char*>(value), length);
    return entry;
}

ArchiveReader::ArchiveReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ArchiveReader::~ArchiveReader() = default;
ArchiveReader::ArchiveReader(ArchiveReader&&) noexcept = default;

Result<ArchiveReader> ArchiveReader::open(const std::filesystem::path& file) {
    auto fd = sys::open_fd(file, O_RDONLY);
    if (!fd) return fd.error();
    auto impl = std::make_unique<Impl>(file);
    impl->fd = std::move(*fd);
    archive* handle = impl->handle;
    // One by one: "all" has filters that start programs (lrzip, grzip).
    for (const auto add :
         {archive_read_support_filter_gzip, archive_read_support_filter_bzip2, archive_read_support_filter_xz,
          archive_read_support_filter_zstd, archive_read_support_filter_lz4, archive_read_support_filter_none})
        if (add(handle) != ARCHIVE_OK)
            return machine_error("this machine's libarchive lacks a compression that tmplbuild reads");
    archive_read_support_format_tar(handle);
    archive_read_support_format_zip(handle);
    if (archive_read_open_fd(handle, impl->fd.get(), read_block_bytes) != ARCHIVE_OK) {
        Error error = impl->failure("the beginning");
        error.hint = "tar archives, plain or compressed by gzip, bzip2, xz, zstd or lz4, and zip archives can be read";
        return error;
    }
    return ArchiveReader(std::move(impl));
}

Result<ArchiveReader> ArchiveReader::tar(ByteSource source, std::string name) {
    auto impl = std::make_unique<Impl>(std::move(name));
    impl->source = std::move(source);
    impl->block.resize(read_block_bytes);
    impl->absolute_allowed = true;
    archive_read_support_format_tar(impl->handle);
    if (archive_read_open(impl->handle, impl.get(), nullptr, &Impl::pull, nullptr) != ARCHIVE_OK)
        return impl->failure("the beginning");
    return ArchiveReader(std::move(impl));
}

Result<std::optional<ArchiveEntry>> ArchiveReader::next() {
    archive_entry* entry = nullptr;
    const int code = archive_read_next_header(impl_->handle, &entry);
    if (impl_->source_failed) return *impl_->source_failed;
    if (code == ARCHIVE_EOF) return std::optional<ArchiveEntry>();
    // libarchive warns about names that it cannot convert, and keeps the raw bytes: those are what is wanted.
    if (code < ARCHIVE_WARN)
        return impl_->failure(impl_->path.empty() ? "an entry" : "what follows '" + impl_->path + "'");
    auto made = impl_->entry_of(entry);
    if (!made) return made.error();
    impl_->path = made->path;
    return std::optional(std::move(*made));
}

Result<std::size_t> ArchiveReader::read(std::span<std::byte> into) {
    const la_ssize_t got = archive_read_data(impl_->handle, into.data(), into.size());
    if (got < 0 || impl_->source_failed) return impl_->failure("'" + impl_->path + "'");
    return static_cast<std::size_t>(got);
}

}  // namespace tmplbuild::io
