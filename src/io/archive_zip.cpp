// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <vector>

#include "io/archive_format.hpp"
#include "io/zip.hpp"

namespace tmplbuild::io {

namespace {

constexpr std::uint64_t longest_link = 4095;  // bytes; PATH_MAX without its NUL

class ZipArchive : public ArchiveFormat {
  public:
    ZipArchive(ZipReader reader, std::vector<ZipMember> members, std::string name)
        : reader_(std::move(reader)), members_(std::move(members)), name_(std::move(name)) {}

    Result<std::optional<ArchiveEntry>> next() override {
        content_.reset();
        if (at_ == members_.size()) return std::optional<ArchiveEntry>();
        const ZipMember& member = members_[at_++];
        auto entry = entry_of(member);
        if (!entry)
            return build_error("the entry '" + member.name + "' of '" + name_ +
                               "' cannot be unpacked: " + entry.error().message);
        if (entry->type != ArchiveEntry::Type::file) return std::optional(std::move(*entry));
        auto content = reader_.open(member);
        if (!content) return content.error();
        content_.emplace(std::move(*content));
        return std::optional(std::move(*entry));
    }

    Result<std::size_t> read(std::span<std::byte> into) override {
        return content_ ? content_->read(into) : Result<std::size_t>(std::size_t{0});
    }

  private:
    Result<ArchiveEntry> entry_of(const ZipMember& member) const {
        ArchiveEntry entry;
        auto path = clean_archive_path(member.name, false);
        if (!path) return path.error();
        entry.path = std::move(*path);
        // A zip that was written on another system than Unix has no modes.
        entry.mode = member.mode != 0 ? member.mode & 07777 : member.is_folder() ? 0755 : 0644;
        entry.mtime = member.mtime;
        if (member.is_symlink()) {
            auto target = reader_.read_text(member, longest_link);
            if (!target) return target.error();
            entry.type = ArchiveEntry::Type::symlink;
            entry.link = std::move(*target);
        } else if (member.is_folder() || (member.mode & 0170000) == 0040000) {
            entry.type = ArchiveEntry::Type::directory;
        } else if (member.is_plain()) {
            entry.size = member.size;
        } else {
            return build_error("it is neither a file, a folder nor a link");
        }
        if (entry.path.empty() && entry.type != ArchiveEntry::Type::directory) return build_error("it has no name");
        return entry;
    }

    ZipReader reader_;
    std::vector<ZipMember> members_;
    std::string name_;
    std::size_t at_ = 0;
    std::optional<ZipReader::Content> content_;
};

}  // namespace

Result<std::unique_ptr<ArchiveFormat>> open_zip_archive(const std::filesystem::path& file) {
    auto reader = ZipReader::open(file);
    if (!reader) return reader.error();
    auto members = reader->members();
    if (!members) return members.error();
    return std::unique_ptr<ArchiveFormat>(
        std::make_unique<ZipArchive>(std::move(*reader), std::move(*members), file.string()));
}

}  // namespace tmplbuild::io
