// SPDX-License-Identifier: Apache-2.0
// Reads files beneath a folder whose content somebody else wrote: a template's context, the root of a base, an unpacked
// archive, a layout. It opens nothing outside of that folder, and nothing on which a read could hang. Used wherever a
// name or a link comes from outside. Never writes.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::sys {

// What a link or ".." that leads out of the folder means.
enum class Outside {
    refused,  // an error that names the link: contexts, archives (openat2(2), RESOLVE_BENEATH)
    is_root,  // "/" is the folder itself, as for a process in a chroot: roots of images (RESOLVE_IN_ROOT)
};

class Beneath {
  public:
    // The folder itself is trusted: links on the way to it are followed.
    static Result<Beneath> open(const std::filesystem::path& folder, Outside outside);

    // A regular file for reading. Devices, pipes, sockets and folders are errors, and are never waited for. `path` is
    // relative to the folder; with Outside::is_root it may start with '/'.
    Result<Fd> open_file(std::string_view path) const;
    // The whole of a regular file. A file of more than `limit` bytes is an error.
    Result<std::string> read_file(std::string_view path, std::uint64_t limit) const;
    // What `path` is, its last link followed or not. Nothing where there is no such file, or where a link leads
    // nowhere; an error where it leads outside (Outside::refused) or cannot be read.
    Result<std::optional<struct stat>> status(std::string_view path) const;       // stat(2)
    Result<std::optional<struct stat>> link_status(std::string_view path) const;  // lstat(2)
    // The text of a link.
    Result<std::string> read_link(std::string_view path) const;
    // Where `path` lies after all links: relative to the folder, without "." and ".."; "" is the folder itself. None
    // where there is no such file.
    Result<std::optional<std::string>> real_path(std::string_view path) const;
    // Names in a folder, sorted, without "." and "..".
    Result<std::vector<std::string>> list(std::string_view path) const;
    bool is_file(std::string_view path) const;    // a regular file, links followed
    bool is_folder(std::string_view path) const;  // a folder, links followed

    const std::filesystem::path& folder() const { return folder_; }  // for messages

  private:
    Beneath(std::filesystem::path folder, Fd fd, Outside outside)
        : folder_(std::move(folder)), fd_(std::move(fd)), outside_(outside) {}
    int open_any(std::string_view path, int flags, bool follow) const;  // -1 and errno
    Error error_of(std::string_view what, std::string_view path, int errno_value) const;
    Result<std::optional<struct stat>> look(std::string_view path, bool follow) const;

    std::filesystem::path folder_;
    Fd fd_;
    Outside outside_;
};

}  // namespace tmplbuild::sys
