// SPDX-License-Identifier: Apache-2.0
// Writes a tar stream in restricted pax form, by libarchive: plain ustar where it fits, pax records where it does not,
// names as raw bytes. Used for layers, archives of images and archives of sources. Never reads the disk, never orders
// or checks entries.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "base/error.hpp"

namespace tmplbuild::io {

struct TarHeader {
    enum class Type { file, directory, symlink, hardlink, character_device, block_device, fifo };
    std::string path;
    Type type = Type::file;
    std::uint32_t mode = 0644, uid = 0, gid = 0;
    std::int64_t mtime = 0;
    std::uint64_t size = 0;
    std::string link{};
    std::uint32_t device_major = 0, device_minor = 0;
    std::map<std::string, std::string> xattrs{};
};

class TarWriter {
  public:
    using Sink = std::function<Result<void>(std::span<const std::byte>)>;
    explicit TarWriter(Sink sink);
    ~TarWriter();
    TarWriter(TarWriter&&) noexcept;

    Result<void> header(const TarHeader& header);
    Result<void> data(std::span<const std::byte> data);  // adds up to header.size
    Result<void> finish();                               // the end of the archive

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tmplbuild::io
