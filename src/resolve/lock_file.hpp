// SPDX-License-Identifier: Apache-2.0
// The lock as a file beside its template, read once and written once by one run. What lies there may come from anybody:
// it is read beneath the template's folder, a regular file only, and never written through a link. Two runs at once
// never lose one another's work in silence. Knows nothing of what a lock says.
#pragma once

#include <filesystem>
#include <string>

#include "resolve/lock.hpp"

namespace tmplbuild {

class LockFile {
  public:
    // No file: an empty lock.
    static Result<LockFile> read(const std::filesystem::path& file);
    const Lock& lock() const { return lock_; }
    // Whole, by rename. An error when another run wrote another lock since this one was read; what that run wrote
    // stays.
    Result<void> write(const Lock& made) const;

  private:
    LockFile(std::filesystem::path file, std::string text, Lock lock)
        : file_(std::move(file)), text_(std::move(text)), lock_(std::move(lock)) {}

    std::filesystem::path file_;
    std::string text_;  // as it was read; empty: there was none
    Lock lock_;
};

}  // namespace tmplbuild
