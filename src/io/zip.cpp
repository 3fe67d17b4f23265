// SPDX-License-Identifier: Apache-2.0
#include "io/zip.hpp"

#include <zip.h>

#include <algorithm>
#include <unordered_set>

#include "base/text.hpp"
#include "io/zip_times.hpp"

namespace tmplbuild::io {

static constexpr std::uint64_t max_members = 1'000'000;
static constexpr std::size_t piece = 256 << 10;

struct ZipReader::Impl {
    explicit Impl(std::filesystem::path from) : file(std::move(from)), buffer(piece) {}
    ~Impl() {
        if (archive != nullptr) ::zip_discard(archive);
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    Error failure(const std::string& what) const { return build_error("cannot read " + file.string() + ": " + what); }

    std::filesystem::path file;
    zip_t* archive = nullptr;
    std::vector<std::byte> buffer;
};

ZipReader::ZipReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ZipReader::ZipReader(ZipReader&&) noexcept = default;
ZipReader& ZipReader::operator=(ZipReader&&) noexcept = default;
ZipReader::~ZipReader() = default;

Result<ZipReader> ZipReader::open(const std::filesystem::path& file) {
    auto impl = std::make_unique<Impl>(file);
    int code = 0;
    impl->archive = ::zip_open(file.c_str(), ZIP_RDONLY, &code);
    if (impl->archive == nullptr) {
        zip_error_t error;
        ::zip_error_init_with_code(&error, code);
        Error out = impl->failure(::zip_error_strerror(&error));
        ::zip_error_fini(&error);
        return out;
    }
    return ZipReader(std::move(impl));
}

// The member as libzip describes it, or why we do not read it.
static Result<ZipMember> look_at(zip_t* archive, std::uint64_t index) {
    zip_stat_t facts;
    if (::zip_stat_index(archive, index, ZIP_FL_ENC_RAW, &facts) != 0) return build_error(::zip_strerror(archive));
    constexpr std::uint64_t needed =
        ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_CRC | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    if ((facts.valid & needed) != needed) return build_error("a member lacks its name, size or CRC");
    ZipMember member{.index = index, .name = facts.name, .size = facts.size, .crc = facts.crc};
    if (facts.encryption_method != ZIP_EM_NONE) return build_error("its member '" + member.name + "' is encrypted");
    if (::zip_compression_method_supported(facts.comp_method, 0) == 0)
        return build_error("its member '" + member.name + "' is compressed by an unknown method, number " +
                           std::to_string(facts.comp_method));
    zip_uint8_t system = 0;
    zip_uint32_t attributes = 0;
    if (::zip_file_get_external_attributes(archive, index, 0, &system, &attributes) != 0)
        return build_error(::zip_strerror(archive));
    member.mode = attributes >> 16;
    return member;
}

Result<std::vector<ZipMember>> ZipReader::members() const {
    const zip_int64_t count = ::zip_get_num_entries(impl_->archive, 0);
    if (count < 0 || static_cast<std::uint64_t>(count) > max_members)
        return impl_->failure("it has " + std::to_string(count) + " members, more than " + std::to_string(max_members));
    auto times = read_zip_times(impl_->file, static_cast<std::uint64_t>(count));
    if (!times) return times.error();
    std::vector<ZipMember> out;
    out.reserve(times->size());
    std::unordered_set<std::string_view> names;
    for (std::uint64_t index = 0; index < times->size(); ++index) {
        auto member = look_at(impl_->archive, index);
        if (!member) return impl_->failure(member.error().message);
        member->mtime = (*times)[index];
        out.push_back(std::move(*member));
        if (!names.insert(out.back().name).second)
            return impl_->failure("it has two members named '" + out.back().name + "'");
    }
    return out;
}

struct ZipReader::Content::Open {
    struct Close {
        void operator()(zip_file_t* file) const { ::zip_fclose(file); }
    };
    std::unique_ptr<zip_file_t, Close> file;
    std::string name;  // for errors
    std::uint64_t size = 0, done = 0;
};

ZipReader::Content::Content(std::unique_ptr<Open> open) : open_(std::move(open)) {}
ZipReader::Content::Content(Content&&) noexcept = default;
ZipReader::Content& ZipReader::Content::operator=(Content&&) noexcept = default;
ZipReader::Content::~Content() = default;

Result<ZipReader::Content> ZipReader::open(std::uint64_t index, std::uint64_t size) const {
    auto open = std::make_unique<Content::Open>();
    const char* raw = ::zip_get_name(impl_->archive, index, ZIP_FL_ENC_RAW);
    const std::string name = "its member '" + std::string(raw == nullptr ? "" : raw) + "' ";
    open->file.reset(::zip_fopen_index(impl_->archive, index, 0));
    if (open->file == nullptr) return impl_->failure(name + "does not open: " + ::zip_strerror(impl_->archive));
    open->name = "cannot read " + impl_->file.string() + ": " + name;
    open->size = size;
    return Content(std::move(open));
}

Result<std::size_t> ZipReader::Content::read(std::span<std::byte> into) {
    const zip_int64_t got = ::zip_fread(open_->file.get(), into.data(), into.size());
    if (got < 0) return build_error(open_->name + "is damaged: " + ::zip_file_strerror(open_->file.get()));
    open_->done += static_cast<std::uint64_t>(got);
    if (open_->done > open_->size || (got == 0 && open_->done != open_->size))
        return build_error(open_->name + "is not as long as the directory says");
    return static_cast<std::size_t>(got);
}

Result<void> ZipReader::read(std::uint64_t index, std::uint64_t size, const Sink& sink) const {
    auto content = open(index, size);
    if (!content) return content.error();
    for (;;) {
        auto got = content->read(impl_->buffer);
        if (!got) return got.error();
        if (*got == 0) return {};
        if (auto sent = sink(std::span<const std::byte>(impl_->buffer).first(*got)); !sent) return sent;
    }
}

Result<std::string> ZipReader::read_text(const ZipMember& member, std::uint64_t limit) const {
    if (member.size > limit)
        return impl_->failure("its member '" + member.name + "' is larger than " + human_bytes(limit));
    std::string text;
    text.reserve(member.size);
    auto read_all = read(member, [&](std::span<const std::byte> data) -> Result<void> {
        text.append(reinterpret_cast<const char*>(data.data()), data.size());
        return {};
    });
    if (!read_all) return read_all.error();
    return text;
}

}  // namespace tmplbuild::io
