// SPDX-License-Identifier: Apache-2.0
// One open file descriptor that closes itself, and reads and writes that either finish or return why not. Used by every
// room that makes plain system calls. Every descriptor is close-on-exec. Never buffers, never locks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>

#include "base/error.hpp"

namespace tmplbuild::sys {

class Fd {
  public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    ~Fd() { reset(); }

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    void reset();
    int release() { return std::exchange(fd_, -1); }

  private:
    int fd_ = -1;
};

// open(2) with O_CLOEXEC. Errors name the path and `what` ("open", "create").
Result<Fd> open_fd(const std::filesystem::path& file, int flags, unsigned mode = 0644);
// Writes all of `data`; `name` is for errors only.
Result<void> write_all(int fd, std::span<const std::byte> data, const std::string& name);
// Returns the number of bytes read; it is less than asked for only at the end of the file.
Result<std::size_t> read_full(int fd, std::span<std::byte> into, const std::string& name);
Result<void> sync_fd(int fd, const std::string& name);                // fsync
Result<void> sync_directory(const std::filesystem::path& directory);  // fsync: makes a rename in it last

inline std::span<const std::byte> as_bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace tmplbuild::sys
