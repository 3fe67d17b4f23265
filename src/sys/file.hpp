// SPDX-License-Identifier: Apache-2.0
// Whole files: reading, writing by rename, temporary folders that remove themselves, locks, free space. Used by every
// room. A file written here is either the old or the new one, never a part. Never judges a path: callers check where a
// template may write.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tmplbuild::sys {

namespace fs = std::filesystem;

Result<std::string> read_file(const fs::path& file, std::uint64_t limit = 256ULL << 20);
// Reads the whole of an open file; `name` is for errors only.
Result<std::string> read_open_file(int fd, const std::string& name, std::uint64_t limit);
// The first `limit` bytes at most, for files that others may let grow.
Result<std::string> read_beginning(const fs::path& file, std::size_t limit);
// Writes under a temporary name in the same folder, fsyncs, renames, fsyncs the folder. Makes missing folders. Replaces
// a link of that name, never follows it.
Result<void> write_file_atomic(const fs::path& file, std::string_view content, unsigned mode = 0644);
// For a file that a user named on the command line: like write_file_atomic, but its last links are followed, and a pipe
// or a character device is written through (write_target.hpp).
Result<void> write_named_file(const fs::path& file, std::string_view content, unsigned mode = 0644);
Result<void> rename_path(const fs::path& from, const fs::path& to);  // rename(2)
Result<void> make_directories(const fs::path& directory);
Result<std::uint64_t> free_bytes(const fs::path& directory);  // for this user, on the file system of `directory`
// Removes read-only folders too; an absent one is no error. Never follows a symlink, never enters another mount (an
// error that names it).
Result<void> remove_tree(const fs::path& directory);
// Makes a folder that belongs to this user alone, under a name that others may know beforehand, as in /tmp: either it
// is made with `mode`, or it is already there as a real folder of this user that nobody else may write to. A link or
// somebody else's folder is an error (machine).
Result<void> make_own_folder(const fs::path& folder, unsigned mode = 0700);

// A part of a temporary file's name that no other call, process or machine makes.
std::string unique_suffix();

// A folder that is removed with everything in it when this value ends.
class TempDirectory {
  public:
    static Result<TempDirectory> make(const fs::path& parent, std::string_view prefix);
    TempDirectory(TempDirectory&& other) noexcept;
    TempDirectory& operator=(TempDirectory&& other) noexcept;
    ~TempDirectory();
    const fs::path& path() const { return path_; }
    fs::path release();  // keeps the folder when this value ends

  private:
    explicit TempDirectory(fs::path path) : path_(std::move(path)) {}
    fs::path path_;
};

// An advisory exclusive lock (flock) held while this value lives; waits for it. The kernel lets go when a process dies.
class FileLock {
  public:
    static Result<FileLock> acquire(const fs::path& file);
    // Locks an existing folder, without a lock file in it where the file system allows that.
    static Result<FileLock> acquire_folder(const fs::path& folder);
    FileLock(FileLock&& other) noexcept;
    FileLock& operator=(FileLock&& other) noexcept;
    ~FileLock();

  private:
    explicit FileLock(int fd) : fd_(fd) {}
    int fd_ = -1;
};

}  // namespace tmplbuild::sys
