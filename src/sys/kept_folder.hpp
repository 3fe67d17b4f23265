// SPDX-License-Identifier: Apache-2.0
// A folder on the volume, or on the pod's own disk, that nobody else may have prepared: each part of the way is a real
// folder of this user that nobody else may write to, and each file in it a regular one likewise. What is not so is
// refused in words: another program of the pod could otherwise choose the password, or lead a program of root's to a
// file of its choice. Used by the console's workers and the one of downloads. Never follows a link.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::sys {

class KeptFolder {
  public:
    // Opens PARENT/NAME/…, and makes the missing parts with mode 0700; the last one gets mode 0700. The way to `parent`
    // is trusted: links on it are followed.
    static Result<KeptFolder> open(const std::string& parent, const std::vector<std::string>& names);

    // None: there is no such file. More than `limit` bytes are an error.
    Result<std::optional<std::string>> read(const std::string& name, std::uint64_t limit) const;
    // Replaces the file, mode 0600, as a whole or not at all.
    Result<void> write(const std::string& name, std::string_view text) const;
    // The same where there is no such file yet. False: there is one; it stays.
    Result<bool> write_new(const std::string& name, std::string_view text) const;
    // Waits until no other process has it, and holds it while the result lives.
    Result<Fd> lock() const;
    // The same without waiting; none: another process has it.
    Result<std::optional<Fd>> try_lock() const;
    int fd() const { return fd_.get(); }

  private:
    KeptFolder(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
    Result<std::string> write_beside(std::string_view text) const;
    Result<Fd> lock_file() const;

    Fd fd_;
    std::string path_;  // for messages
};

}  // namespace tmplbuild::sys
