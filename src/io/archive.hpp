// SPDX-License-Identifier: Apache-2.0
// Reads tar (plain, gzip, zstd, xz, bzip2) and zip archives as a stream of entries, by libarchive. Used for layers,
// fetched archives and imported images. Names are checked: an entry that leads outside is an error. Never writes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/error.hpp"

namespace tmplbuild::io {

struct ArchiveEntry {
    enum class Type { file, directory, symlink, hardlink, character_device, block_device, fifo };
    std::string path;  // relative, normalised ("./a//b/" is "a/b"); empty for the root itself
    Type type = Type::file;
    std::uint32_t mode = 0644, uid = 0, gid = 0;
    std::uint64_t size = 0;
    std::int64_t mtime = 0;
    std::string link;  // symlink: text as it is; hardlink: a checked path like `path`
    std::uint32_t device_major = 0, device_minor = 0;
    std::map<std::string, std::string> xattrs;
};

class ArchiveReader {
  public:
    // `name` is for messages only.
    static Result<ArchiveReader> open(const std::filesystem::path& file, std::string name);
    ArchiveReader(ArchiveReader&&) noexcept;
    ~ArchiveReader();

    // None at the end. Sockets and other kinds that no archive of ours holds are errors.
    Result<std::optional<ArchiveEntry>> next();
    // Bytes of the current entry; 0 at its end.
    Result<std::size_t> read(std::span<std::byte> into);

  private:
    struct Impl;
    explicit ArchiveReader(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// "a/../b", "/etc/passwd" and names with NUL are errors; "./" parts and doubled slashes go.
Result<std::string> checked_archive_path(std::string_view path);

}  // namespace tmplbuild::io
