// SPDX-License-Identifier: Apache-2.0
// A large file that appears whole or not at all: written under another name in the same folder, fsynced, renamed.
// Used for archives of images. For small content see write_file_atomic in file.hpp.
#pragma once

#include <filesystem>
#include <span>

#include "base/error.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::sys {

class AtomicFile {
  public:
    // Makes missing folders. The file itself is not touched before commit().
    static Result<AtomicFile> create(const std::filesystem::path& file);
    AtomicFile(AtomicFile&&) noexcept = default;
    AtomicFile& operator=(AtomicFile&&) = delete;
    ~AtomicFile();  // without commit(): nothing is left

    Result<void> write(std::span<const std::byte> data);
    Result<void> commit();  // once; mode 0644

  private:
    AtomicFile(std::filesystem::path file, std::filesystem::path temporary, Fd fd);
    std::filesystem::path file_, temporary_;
    Fd fd_;
};

}  // namespace tmplbuild::sys
