// SPDX-License-Identifier: Apache-2.0
// Reads archives as a stream of entries: tar (plain, gzip, bzip2, xz, zstd, lz4) by libarchive and zip by libzip, told
// apart by their content. Used by everything that reads layers or fetched archives. Names are raw bytes in any locale.
// Never writes to the disk, never starts a program, never returns a path that leads out of the archive.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/error.hpp"
#include "io/decompress.hpp"
#include "io/tar_writer.hpp"

namespace tmplbuild::io {

// The same type as a tar writer's entry, with these promises: `path` has no empty part, ".", ".." or NUL and no slash
// at either end; it is empty for the archive's own root, which is always a directory. A hard link's `link` is a path of
// the same form; a symlink's is the text in the archive. `size` is that of a file's content, else 0. Attributes of
// every kind are present.
using ArchiveEntry = TarHeader;

class ArchiveFormat;  // archive_format.hpp

class ArchiveReader {
  public:
    static Result<ArchiveReader> open(const std::filesystem::path& file);
    // Reads an uncompressed tar from any source. Absolute names count from the root of the tree, as layers mean them
    // (open() refuses them). `name` is for errors only.
    static Result<ArchiveReader> tar(ByteSource source, std::string name);
    ~ArchiveReader();
    ArchiveReader(ArchiveReader&&) noexcept;

    // None at the end. Skips the unread content of the entry before. An entry may come twice: the later one counts.
    Result<std::optional<ArchiveEntry>> next();
    // Reads the content of the current file: returns bytes read, 0 at its end; holes are zeros. In all it gives `size`
    // bytes, or an error.
    Result<std::size_t> read(std::span<std::byte> into);

  private:
    explicit ArchiveReader(std::unique_ptr<ArchiveFormat> format);
    std::unique_ptr<ArchiveFormat> format_;
};

}  // namespace tmplbuild::io
