// SPDX-License-Identifier: Apache-2.0
// Files whole: read, write by rename, temporary folders that remove themselves, locks, free space. Used by every
// room; a file written here is either the old or the new one, never half. Never follows a template's wishes about
// where to write: callers check paths.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tmplbuild::sys {

namespace fs = std::filesystem;

Result<std::string> read_file(const fs::path& file, std::uint64_t limit = 256ULL << 20);
// The same of an open file; the name is for errors only.
Result<std::string> read_open_file(int fd, const std::string& name, std::uint64_t limit);
// At most `limit` bytes; of a longer file, its beginning: of what somebody else may let grow.
Result<std::string> read_beginning(const fs::path& file, std::size_t limit);
// Temporary name in the same folder, write, fsync, rename, fsync of the folder. Makes missing folders. A link of that
// name is replaced, never followed.
Result<void> write_file_atomic(const fs::path& file, std::string_view content, unsigned mode = 0644);
// Of a file that a user named on the command line: the same, but its last links are followed, and a pipe or a character
// device is written through (write_target.hpp).
Result<void> write_named_file(const fs::path& file, std::string_view content, unsigned mode = 0644);
Result<void> rename_path(const fs::path& from, const fs::path& to);  // rename(2)
Result<void> make_directories(const fs::path& directory);
Result<std::uint64_t> free_bytes(const fs::path& directory);  // for this user, on that file system
// Also read-only folders; absent is fine. Never follows a symlink, never enters another mount (an error that names it).
Result<void> remove_tree(const fs::path& directory);
// A folder that is this user's alone, at a name that others may know beforehand: made with `mode`, or there already as
// a real folder of this user's that nobody else writes to. An error (machine) where it is a link or somebody else's, as
// in /tmp it could be.
Result<void> make_own_folder(const fs::path& folder, unsigned mode = 0700);

// A part of a file name that no other call, process or machine makes: for temporary files.
std::string unique_suffix();

// A folder that is removed with everything in it when this value ends.
class TempDirectory {
  public:
    static Result<TempDirectory> make(const fs::path& parent, std::string_view prefix);
    TempDirectory(TempDirectory&& other) noexcept;
    TempDirectory& operator=(TempDirectory&& other) noexcept;
    ~TempDirectory();
    const fs::path& path() const { return path_; }
    fs::path release();  // keeps the folder

  private:
    explicit TempDirectory(fs::path path) : path_(std::move(path)) {}
    fs::path path_;
};

// An advisory exclusive lock (flock) held while this value lives; waits for it. The kernel lets go when a process dies.
class FileLock {
  public:
    static Result<FileLock> acquire(const fs::path& file);
    // Of a folder that is there, without a file in it where the file system can.
    static Result<FileLock> acquire_folder(const fs::path& folder);
    FileLock(FileLock&& other) noexcept;
    FileLock& operator=(FileLock&& other) noexcept;
    ~FileLock();

  private:
    explicit FileLock(int fd) : fd_(fd) {}
    int fd_ = -1;
};

}  // namespace tmplbuild::sys
