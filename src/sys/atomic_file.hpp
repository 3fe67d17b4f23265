// SPDX-License-Identifier: Apache-2.0
// A large file that appears whole or not at all: written under another name in the same folder, fsynced, renamed. Where
// a pipe or a character device lies, it is written through (write_target.hpp). Used for archives of images. For small
// content see write_file_atomic in file.hpp.
#pragma once

#include <filesystem>
#include <functional>
#include <span>

#include "base/error.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::sys {

class AtomicFile {
  public:
    // Makes missing folders. A file itself is not touched before commit(). `waiting`: as open_stream() has it.
    static Result<AtomicFile> create(const std::filesystem::path& file,
                                     const std::function<Result<void>()>& waiting = {});
    AtomicFile(AtomicFile&&) noexcept = default;
    AtomicFile& operator=(AtomicFile&&) = delete;
    ~AtomicFile();  // without commit(): nothing is left

    Result<void> write(std::span<const std::byte> data);
    Result<void> commit();  // once; mode 0644

  private:
    AtomicFile(std::filesystem::path file, std::filesystem::path temporary, Fd fd);
    std::filesystem::path file_, temporary_;  // temporary_ is empty for a stream
    Fd fd_;
};

}  // namespace tmplbuild::sys
