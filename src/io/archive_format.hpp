// SPDX-License-Identifier: Apache-2.0
// The implementations of ArchiveReader: one class for tar (libarchive) and one for zip (ZipReader). Internal to io/.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "io/archive.hpp"

namespace tmplbuild::io {

class ArchiveFormat {
  public:
    ArchiveFormat() = default;
    ArchiveFormat(const ArchiveFormat&) = delete;
    ArchiveFormat& operator=(const ArchiveFormat&) = delete;
    virtual ~ArchiveFormat() = default;
    virtual Result<std::optional<ArchiveEntry>> next() = 0;           // as ArchiveReader's
    virtual Result<std::size_t> read(std::span<std::byte> into) = 0;  // as ArchiveReader's too
};

// The path in the form that archive.hpp promises, or an error about the name.
Result<std::string> clean_archive_path(std::string_view raw, bool absolute_allowed);

Result<std::unique_ptr<ArchiveFormat>> open_zip_archive(const std::filesystem::path& file);

}  // namespace tmplbuild::io
