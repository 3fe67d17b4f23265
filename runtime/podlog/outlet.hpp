// SPDX-License-Identifier: Apache-2.0
// A way out for lines that never blocks the launcher: a bounded buffer before a descriptor that may be slow, full, or
// gone. What does not fit is dropped in whole blocks of lines and counted; the gap is told in its place. Used for the
// pod's stdout and for the pipe to the log writer.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "loop/poller.hpp"

namespace tmplbuild::launch {

class Outlet {
  public:
    // `gap` makes the text that stands where lines were dropped; it gets their number. `limit`: bytes kept waiting.
    Outlet(Poller& poller, std::size_t limit, std::function<std::string(std::uint64_t)> gap);
    ~Outlet();
    Outlet(const Outlet&) = delete;
    Outlet& operator=(const Outlet&) = delete;

    // Takes the descriptor over, which must not block (O_NONBLOCK), or be a socket. Text may be put before this.
    void open(int fd, bool socket = false);
    bool is_open() const { return fd_ >= 0; }
    int fd() const { return fd_; }  // -1: none
    void put(std::string_view text, std::uint64_t lines);
    void flush();                // as much as the descriptor takes now
    void finish_until(Time by);  // waits for what is pending, at the end of the pod
    void close_when_empty();
    void close();  // drops what is pending: the next descriptor begins with a whole line

    std::function<void()> on_drained;  // after all that waited was taken; may put

    bool pending() const { return offset_ < buffer_.size(); }
    std::uint64_t dropped() const { return dropped_; }  // lines, ever
    bool dropping() const { return gap_lines_ > 0; }    // the latest put() was dropped

  private:
    std::size_t write_some(std::string_view text);
    void keep(std::string_view text);
    void drop(std::uint64_t lines);

    Poller& poller_;
    std::size_t limit_;
    std::function<std::string(std::uint64_t)> gap_;
    int fd_ = -1;
    bool socket_ = false, waiting_ = false, closing_ = false, broken_ = false;
    std::string buffer_;
    std::size_t offset_ = 0;  // what of buffer_ is written already
    std::uint64_t dropped_ = 0, gap_lines_ = 0;
};

std::uint64_t count_lines(std::string_view text);

}  // namespace tmplbuild::launch
