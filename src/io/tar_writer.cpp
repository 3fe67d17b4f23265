// SPDX-License-Identifier: Apache-2.0
#include "io/tar_writer.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <clocale>

#include <cerrno>
#include <optional>

namespace tmplbuild::io {

struct TarWriter::Impl {
    explicit Impl(Sink to) : sink(std::move(to)), handle(archive_write_new()), entry(archive_entry_new()) {}
    ~Impl() {
        // Freeing also closes, and only closing releases libarchive's buffers; what it still writes then is dropped.
        ended = true;
        archive_write_free(handle);
        archive_entry_free(entry);
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    Error failure(const std::string& what) const {
        if (failed) return *failed;  // the sink's own error
        const char* said = archive_error_string(handle);
        return build_error("cannot pack " + what + ": " + (said == nullptr ? "libarchive failed" : said));
    }

    static la_ssize_t pass_on(archive* handle, void* self, const void* buffer, size_t size) {
        auto& impl = *static_cast<Impl*>(self);
        if (impl.ended) return static_cast<la_ssize_t>(size);
        auto sent = impl.sink({static_cast<const std::byte*>(buffer), size});
        if (sent) return static_cast<la_ssize_t>(size);
        impl.failed = sent.error();
        archive_set_error(handle, EIO, "the output failed");
        return -1;
    }

    Sink sink;
    archive* handle;
    archive_entry* entry;
    std::optional<Error> failed;
    std::uint64_t left = 0;
    bool ended = false;
    std::string path;
};

namespace {

// libarchive expects names in the locale's character set. In "C" that is ASCII: other bytes are written unchanged and
// marked (hdrcharset=BINARY), and plain names need no pax record, about which GNU tar would warn.
class PlainLocale {
  public:
    PlainLocale() : plain_(::newlocale(LC_CTYPE_MASK, "C", nullptr)), before_(::uselocale(plain_)) {}
    ~PlainLocale() {
        ::uselocale(before_);
        if (plain_ != nullptr) ::freelocale(plain_);
    }
    PlainLocale(const PlainLocale&) = delete;
    PlainLocale& operator=(const PlainLocale&) = delete;

  private:
    locale_t plain_, before_;
};

}  // namespace

static unsigned file_type(TarHeader::Type type) {
    switch (type) {
        case TarHeader::Type::file:
        case TarHeader::Type::hardlink:
            return AE_IFREG;
        case TarHeader::Type::directory:
            return AE_IFDIR;
        case TarHeader::Type::symlink:
            return AE_IFLNK;
        case TarHeader::Type::character_device:
            return AE_IFCHR;
        case TarHeader::Type::block_device:
            return AE_IFBLK;
        case TarHeader::Type::fifo:
            return AE_IFIFO;
    }
    return AE_IFREG;
}

TarWriter::TarWriter(Sink sink) : impl_(std::make_unique<Impl>(std::move(sink))) {
    archive* handle = impl_->handle;
    archive_write_set_format_pax_restricted(handle);
    // Writes extended attributes once, in the form that all readers know.
    archive_write_set_format_option(handle, "pax", "xattrheader", "SCHILY");
    archive_write_set_bytes_per_block(handle, 256 << 10);
    archive_write_set_bytes_in_last_block(handle, 1);  // no padding beyond the two empty records
    if (archive_write_open(handle, impl_.get(), nullptr, &Impl::pass_on, nullptr) != ARCHIVE_OK)
        impl_->failed = machine_error("libarchive cannot write tar archives here");
}
TarWriter::~TarWriter() = default;
TarWriter::TarWriter(TarWriter&&) noexcept = default;

Result<void> TarWriter::header(const TarHeader& header) {
    if (impl_->failed) return *impl_->failed;
    if (impl_->left != 0) return build_error("'" + impl_->path + "' got fewer bytes than its size says");
    archive_entry* entry = archive_entry_clear(impl_->entry);
    archive_entry_set_pathname(entry, header.path.c_str());
    archive_entry_set_filetype(entry, file_type(header.type));
    archive_entry_set_perm(entry, header.mode);
    archive_entry_set_uid(entry, header.uid);
    archive_entry_set_gid(entry, header.gid);
    archive_entry_set_mtime(entry, header.mtime, 0);
    archive_entry_set_size(entry, static_cast<la_int64_t>(header.size));
    if (header.type == TarHeader::Type::symlink) archive_entry_set_symlink(entry, header.link.c_str());
    if (header.type == TarHeader::Type::hardlink) archive_entry_set_hardlink(entry, header.link.c_str());
    if (header.type == TarHeader::Type::character_device || header.type == TarHeader::Type::block_device)
        archive_entry_set_rdev(entry, ::makedev(header.device_major, header.device_minor));
    for (const auto& [name, value] : header.xattrs)
        archive_entry_xattr_add_entry(entry, name.c_str(), value.data(), value.size());
    // libarchive warns about names that it cannot convert; their raw bytes are what is wanted.
    const PlainLocale plain;
    const int code = archive_write_header(impl_->handle, entry);
    if (code < ARCHIVE_WARN || impl_->failed) return impl_->failure("'" + header.path + "'");
    impl_->left = header.type == TarHeader::Type::file ? header.size : 0;
    impl_->path = header.path;
    return {};
}

Result<void> TarWriter::data(std::span<const std::byte> data) {
    if (data.size() > impl_->left) return build_error("'" + impl_->path + "' got more bytes than its size says");
    impl_->left -= data.size();
    while (!data.empty()) {
        const la_ssize_t put = archive_write_data(impl_->handle, data.data(), data.size());
        if (put <= 0 || impl_->failed) return impl_->failure("'" + impl_->path + "'");
        data = data.subspan(static_cast<std::size_t>(put));
    }
    return {};
}

Result<void> TarWriter::finish() {
    if (impl_->left != 0) return build_error("'" + impl_->path + "' got fewer bytes than its size says");
    if (archive_write_close(impl_->handle) != ARCHIVE_OK || impl_->failed) return impl_->failure("the archive's end");
    return {};
}

}  // namespace tmplbuild::io
