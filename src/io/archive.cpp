// SPDX-License-Identifier: Apache-2.0
#include "io/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "io/archive_format.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::io {

Result<std::string> clean_archive_path(std::string_view raw, bool absolute_allowed) {
    if (raw.starts_with('/') && !absolute_allowed) return build_error("the name is absolute");
    std::string out;
    for (const std::string& part : split(raw, '/')) {
        if (part.empty() || part == ".") continue;
        if (part == "..") return build_error("the name holds '..'");
        out += (out.empty() ? "" : "/") + part;
    }
    return out;
}

namespace {

constexpr std::size_t read_block_bytes = 256 << 10;
constexpr std::size_t tar_record = 512;  // POSIX pax, "ustar Interchange Format"

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

class TarArchive : public ArchiveFormat {
  public:
    explicit TarArchive(std::string of) : name(std::move(of)), handle(archive_read_new()) {}
    ~TarArchive() override { archive_read_free(handle); }
    Result<std::optional<ArchiveEntry>> next() override;
    Result<std::size_t> read(std::span<std::byte> into) override;

    Error failure(const std::string& what) const {
        if (source_failed) return *source_failed;  // the source's own error
        const char* said = archive_error_string(handle);
        return build_error("cannot read " + what + " of '" + name + "': " + (said == nullptr ? "libarchive" : said));
    }
    static la_ssize_t pull(archive* handle, void* self, const void** buffer) {
        auto& impl = *static_cast<TarArchive*>(self);
        auto got = impl.source(impl.block);
        if (!got) {
            impl.source_failed = got.error();
            archive_set_error(handle, EIO, "the input failed");
            return -1;
        }
        *buffer = impl.block.data();
        impl.given += *got;
        if (*got != 0 || impl.given % tar_record == 0 || impl.ended_at) return static_cast<la_ssize_t>(*got);
        // Go's archive/tar, which Docker, containerd and podman read layers with, takes a tar that ends with the last
        // byte of its last file, as umoci writes it. next() refuses the zeros where they are anything else.
        impl.ended_at = impl.given;
        const std::size_t lacking = tar_record - impl.given % tar_record;
        std::fill_n(impl.block.begin(), lacking, std::byte{0});
        return static_cast<la_ssize_t>(lacking);
    }
    Error cut_in_entry() const {
        return build_error("cannot read '" + name + "': it ends in the middle of '" + path_ +
                           "' or of what follows it");
    }
    // Whether the source ended within a record, and not behind the last byte of the last file.
    bool is_unpadded_elsewhere() const {
        const std::uint64_t end = (content_end_ + tar_record - 1) / tar_record * tar_record;
        return ended_at && (*ended_at < content_end_ || *ended_at >= end);
    }
    // Where nobody reads the content, libarchive seeks over it, even beyond the end of the file, and takes that for the
    // archive's end.
    bool is_cut() const {
        struct stat facts {};
        return fd && ::fstat(fd.get(), &facts) == 0 && S_ISREG(facts.st_mode) &&
               archive_filter_bytes(handle, -1) > facts.st_size;
    }

    std::string name;
    archive* handle;
    sys::Fd fd;
    ByteSource source;
    std::vector<std::byte> block;
    std::optional<Error> source_failed;
    std::uint64_t given = 0;                  // bytes, by the source
    std::optional<std::uint64_t> ended_at{};  // where the source ended, if zeros were added to fill the record
    bool absolute_allowed = false;

  private:
    Result<ArchiveEntry> entry_of(archive_entry* from) const;
    Result<void> fill_names(archive_entry* from, ArchiveEntry& entry) const;
    Result<void> next_block();

    std::string path_;                 // of the current entry, for errors
    std::uint64_t size_ = 0, at_ = 0;  // the size of its content, and how much of it was read
    std::uint64_t content_end_ = 0;    // where it ends in the tar
    // The last block that libarchive gave: bytes that belong at block_at_.
    const std::byte* block_ = nullptr;
    std::size_t block_left_ = 0;
    std::uint64_t block_at_ = 0;
    bool ended_ = false;
};

Result<void> TarArchive::fill_names(archive_entry* from, ArchiveEntry& entry) const {
    const std::string raw = text_of(archive_entry_pathname(from));
    auto bad = [&](const std::string& why) {
        return build_error("the entry '" + raw + "' of '" + name + "' cannot be unpacked: " + why);
    };
    auto cleaned = clean_archive_path(raw, absolute_allowed);
    if (!cleaned) return bad(cleaned.error().message);
    entry.path = std::move(*cleaned);
    if (const char* target = archive_entry_hardlink(from)) {
        auto link = clean_archive_path(target, absolute_allowed);
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

Result<ArchiveEntry> TarArchive::entry_of(archive_entry* from) const {
    ArchiveEntry entry;
    if (auto filled = fill_names(from, entry); !filled) return filled.error();
    auto bad = [&](const std::string& what) {
        return build_error("the entry '" + entry.path + "' of '" + name + "' has a bad " + what);
    };
    // The largest id means "no change" to chown(2).
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

Result<std::optional<ArchiveEntry>> TarArchive::next() {
    archive_entry* entry = nullptr;
    const int code = archive_read_next_header(handle, &entry);
    if (source_failed) return *source_failed;
    if ((code == ARCHIVE_EOF && is_cut()) || (code >= ARCHIVE_WARN && is_unpadded_elsewhere())) return cut_in_entry();
    if (code == ARCHIVE_EOF) return std::optional<ArchiveEntry>();
    // libarchive warns about names that it cannot convert and keeps their raw bytes, which are what is wanted.
    if (code < ARCHIVE_WARN) return failure(path_.empty() ? "an entry" : "what follows '" + path_ + "'");
    auto made = entry_of(entry);
    if (!made) return made.error();
    path_ = made->path;
    size_ = made->size;
    content_end_ = static_cast<std::uint64_t>(archive_filter_bytes(handle, 0)) + size_;
    at_ = block_at_ = 0;
    block_left_ = 0;
    ended_ = false;
    return std::optional(std::move(*made));
}

// Reads block by block, each with its place: archive_read_data() ends early where the rest of a file is a hole.
Result<std::size_t> TarArchive::read(std::span<std::byte> into) {
    std::size_t done = 0;
    while (done < into.size() && at_ < size_) {
        const auto rest = into.subspan(done);
        std::uint64_t n = 0;
        if (at_ < block_at_ || (ended_ && block_left_ == 0)) {  // a hole
            n = std::min<std::uint64_t>(rest.size(), (ended_ ? size_ : block_at_) - at_);
            std::fill_n(rest.begin(), n, std::byte{0});
        } else if (block_left_ != 0) {
            n = std::min(rest.size(), block_left_);
            std::copy_n(block_, n, rest.begin());
            block_ += n;
            block_left_ -= n;
            block_at_ += n;
        } else if (auto more = next_block(); !more) {
            return more.error();
        }
        at_ += n;
        done += static_cast<std::size_t>(n);
    }
    return done;
}

Result<void> TarArchive::next_block() {
    const void* data = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int code = archive_read_data_block(handle, &data, &size, &offset);
    if (source_failed || (code < ARCHIVE_WARN && code != ARCHIVE_EOF)) return failure("'" + path_ + "'");
    if (ended_at && *ended_at < content_end_) return cut_in_entry();
    ended_ = code == ARCHIVE_EOF;
    if (ended_) return {};
    if (offset < 0 || static_cast<std::uint64_t>(offset) < at_ || static_cast<std::uint64_t>(offset) > size_ ||
        size > size_ - static_cast<std::uint64_t>(offset))
        return build_error("the entry '" + path_ + "' of '" + name + "' is longer than its header says");
    block_ = static_cast<const std::byte*>(data);
    block_left_ = size;
    block_at_ = static_cast<std::uint64_t>(offset);
    return {};
}

}  // namespace

ArchiveReader::ArchiveReader(std::unique_ptr<ArchiveFormat> format) : format_(std::move(format)) {}
ArchiveReader::~ArchiveReader() = default;
ArchiveReader::ArchiveReader(ArchiveReader&&) noexcept = default;

Result<std::optional<ArchiveEntry>> ArchiveReader::next() { return format_->next(); }
Result<std::size_t> ArchiveReader::read(std::span<std::byte> into) { return format_->read(into); }

Result<ArchiveReader> ArchiveReader::open(const std::filesystem::path& file) {
    auto fd = sys::open_fd(file, O_RDONLY);
    if (!fd) return fd.error();
    std::array<char, 4> magic{};
    const ssize_t got = ::pread(fd->get(), magic.data(), magic.size(), 0);
    // The header of a member, or the end of an archive without members (APPNOTE.TXT 4.3.7 and 4.3.16).
    const std::string_view begin(magic.data(), got < 0 ? 0 : static_cast<std::size_t>(got));
    if (begin == "PK\3\4" || begin == "PK\5\6") {
        auto zip = open_zip_archive(file);
        if (!zip) return zip.error();
        return ArchiveReader(std::move(*zip));
    }
    auto impl = std::make_unique<TarArchive>(file);
    impl->fd = std::move(*fd);
    archive* handle = impl->handle;
    // Each filter is added by itself, since "all" has filters that start programs (lrzip, grzip).
    for (const auto add :
         {archive_read_support_filter_gzip, archive_read_support_filter_bzip2, archive_read_support_filter_xz,
          archive_read_support_filter_zstd, archive_read_support_filter_lz4, archive_read_support_filter_none})
        if (add(handle) != ARCHIVE_OK)
            return machine_error("this machine's libarchive lacks a compression that tmplbuild reads");
    archive_read_support_format_tar(handle);
    if (archive_read_open_fd(handle, impl->fd.get(), read_block_bytes) != ARCHIVE_OK) {
        Error error = impl->failure("the beginning");
        error.hint = "tar archives, plain or compressed by gzip, bzip2, xz, zstd or lz4, and zip archives can be read";
        return error;
    }
    return ArchiveReader(std::move(impl));
}

Result<ArchiveReader> ArchiveReader::tar(ByteSource source, std::string name) {
    auto impl = std::make_unique<TarArchive>(std::move(name));
    impl->source = std::move(source);
    impl->block.resize(read_block_bytes);
    impl->absolute_allowed = true;
    archive_read_support_format_tar(impl->handle);
    archive_read_support_format_empty(impl->handle);  // no bytes at all: a layer without any content
    if (archive_read_open(impl->handle, impl.get(), nullptr, &TarArchive::pull, nullptr) != ARCHIVE_OK)
        return impl->failure("the beginning");
    return ArchiveReader(std::move(impl));
}

}  // namespace tmplbuild::io
