// SPDX-License-Identifier: Apache-2.0
// One log on disk with an exact cap: NAME, NAME.1, NAME.2 …, together never more than `files` times `file_bytes`. Holds
// whole lines only, even when the disk fills up in the middle of one. Used by the log writer, which may block here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tmplbuild::launch {

class RotatingFile {
  public:
    RotatingFile(std::string path, std::uint64_t file_bytes, unsigned files)
        : path_(std::move(path)), file_bytes_(file_bytes), files_(files) {}
    ~RotatingFile();
    RotatingFile(const RotatingFile&) = delete;
    RotatingFile& operator=(const RotatingFile&) = delete;

    // Appends whole lines and begins a new file where the next line would not fit. A line longer than a file is left
    // out. Returns how many bytes of `text` were handled; where that is not all of them, errno says why.
    std::size_t append(std::string_view text);
    const std::string& path() const { return path_; }

  private:
    bool open();
    bool rotate();
    void close();
    std::string numbered(unsigned number) const;
    bool write_lines(std::string_view text);

    std::string path_;
    std::uint64_t file_bytes_;
    unsigned files_;
    int fd_ = -1;
    std::uint64_t size_ = 0;
};

}  // namespace tmplbuild::launch
