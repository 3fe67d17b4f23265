// SPDX-License-Identifier: Apache-2.0
// A whole file in memory by mmap, read-only. Used to read large libraries and layer indexes in place. The file must not
// be one that others may shorten meanwhile: only blobs and files in a folder of the build itself.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "base/error.hpp"

namespace tmplbuild::sys {

class MappedFile {
  public:
    static Result<MappedFile> open(const std::filesystem::path& file);
    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;
    ~MappedFile();
    std::span<const std::byte> bytes() const { return {data_, size_}; }

  private:
    MappedFile(const std::byte* data, std::size_t size) : data_(data), size_(size) {}
    const std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace tmplbuild::sys
