// SPDX-License-Identifier: Apache-2.0
// The lock as a file beside its template; one run reads it once and writes it once. Anybody may have put a file there:
// it is read beneath the template's folder, only as a regular file, and never written through a link. When two runs
// overlap, neither silently overwrites the other's work. Knows nothing of a lock's content.
#pragma once

#include <filesystem>
#include <string>

#include "resolve/lock.hpp"

namespace tmplbuild {

class LockFile {
  public:
    // Without a file, the lock is empty.
    static Result<LockFile> read(const std::filesystem::path& file);
    const Lock& lock() const { return lock_; }
    // Writes it whole, by rename. An error when another run has written another lock since this one was read; that lock
    // stays.
    Result<void> write(const Lock& made) const;

  private:
    LockFile(std::filesystem::path file, std::string text, Lock lock)
        : file_(std::move(file)), text_(std::move(text)), lock_(std::move(lock)) {}

    std::filesystem::path file_;
    std::string text_;  // the text that was read; empty: there was no file
    Lock lock_;
};

}  // namespace tmplbuild
