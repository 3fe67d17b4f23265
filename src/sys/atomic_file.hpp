// SPDX-License-Identifier: Apache-2.0
// A large file that appears whole or not at all: it is written under another name in the same folder, fsynced and
// renamed. A pipe or a character device is written through (write_target.hpp). Used for archives of images. For small
// content see write_file_atomic in file.hpp. Never leaves a part of a file under its name.
#pragma once

#include <filesystem>
#include <functional>
#include <span>

#include "base/error.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::sys {

class AtomicFile {
  public:
    // Makes missing folders. The file itself is not touched before commit(). `waiting` is that of open_stream().
    static Result<AtomicFile> create(const std::filesystem::path& file,
                                     const std::function<Result<void>()>& waiting = {});
    AtomicFile(AtomicFile&&) noexcept = default;
    AtomicFile& operator=(AtomicFile&&) = delete;
    ~AtomicFile();  // leaves nothing behind when commit() was not called

    Result<void> write(std::span<const std::byte> data);
    Result<void> commit();  // may be called once; the file gets mode 0644

  private:
    AtomicFile(std::filesystem::path file, std::filesystem::path temporary, Fd fd);
    std::filesystem::path file_, temporary_;  // temporary_ is empty for a stream
    Fd fd_;
};

}  // namespace tmplbuild::sys
