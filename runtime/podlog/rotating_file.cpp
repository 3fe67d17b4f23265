// SPDX-License-Identifier: Apache-2.0
#include "podlog/rotating_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace tmplbuild::launch {

RotatingFile::~RotatingFile() { close(); }

void RotatingFile::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

std::string RotatingFile::numbered(unsigned number) const {
    return number == 0 ? path_ : path_ + "." + std::to_string(number);
}

bool RotatingFile::open() {
    struct stat named {};
    struct stat opened {};
    // Another pod on the volume may have moved the file away, or a person may have removed it.
    if (fd_ >= 0 && ::stat(path_.c_str(), &named) == 0 && ::fstat(fd_, &opened) == 0 && named.st_ino == opened.st_ino &&
        named.st_dev == opened.st_dev) {
        size_ = static_cast<std::uint64_t>(opened.st_size);
        return true;
    }
    close();
    fd_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd_ < 0 || ::fstat(fd_, &opened) != 0) return false;
    size_ = static_cast<std::uint64_t>(opened.st_size);
    // Files that an earlier launcher with a larger limit left are removed.
    for (unsigned number = files_; ::unlink(numbered(number).c_str()) == 0;) ++number;
    return true;
}

bool RotatingFile::rotate() {
    close();
    // The oldest file is removed first, so that the sum is below the cap at every moment.
    if (::unlink(numbered(files_ - 1).c_str()) != 0 && errno != ENOENT) return false;
    for (unsigned number = files_ - 1; number > 0; --number)
        if (::rename(numbered(number - 1).c_str(), numbered(number).c_str()) != 0 && errno != ENOENT) return false;
    return open();
}

bool RotatingFile::write_lines(std::string_view text) {
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t wrote = ::write(fd_, text.data() + done, text.size() - done);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) {
            const int why = wrote < 0 ? errno : ENOSPC;
            // The file is cut after the last whole line, since half a line would look like a whole one.
            if (done > 0 && ::ftruncate(fd_, static_cast<off_t>(size_)) != 0) close();
            errno = why;
            return false;
        }
        done += static_cast<std::size_t>(wrote);
    }
    size_ += text.size();
    return true;
}

std::size_t RotatingFile::append(std::string_view text) {
    if (!open()) return 0;
    std::size_t done = 0;
    while (done < text.size()) {
        const std::string_view rest = text.substr(done);
        const std::uint64_t room = size_ < file_bytes_ ? file_bytes_ - size_ : 0;
        std::size_t part = rest.size();
        if (part > room) {
            const std::size_t end = room == 0 ? std::string_view::npos : rest.rfind('\n', room - 1);
            part = end == std::string_view::npos ? 0 : end + 1;
        }
        if (part > 0) {
            if (!write_lines(rest.substr(0, part))) return done;
            done += part;
        } else if (const std::size_t line = rest.find('\n') + 1; line > file_bytes_) {
            done += line;
        } else if (!rotate()) {
            return done;
        }
    }
    return done;
}

}  // namespace tmplbuild::launch
