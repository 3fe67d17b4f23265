// SPDX-License-Identifier: Apache-2.0
// Writes lines to a descriptor without ever blocking the launcher: a bounded buffer before a descriptor that may be
// slow, full, or closed by its reader. What does not fit is dropped in whole blocks of lines and counted; a text in its
// place tells of the gap. Used for the pod's stdout, the pipe to the log writer and the clients of the control socket.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "loop/poller.hpp"

namespace tmplbuild::launch {

class Outlet {
  public:
    // `gap` makes the text that stands where lines were dropped, from their number. `limit` is in bytes that wait.
    Outlet(Poller& poller, std::size_t limit, std::function<std::string(std::uint64_t)> gap);
    ~Outlet();
    Outlet(const Outlet&) = delete;
    Outlet& operator=(const Outlet&) = delete;

    // Takes ownership of the descriptor, which must be non-blocking (O_NONBLOCK) or a socket. put() may come before
    // this.
    void open(int fd, bool socket = false);
    bool is_open() const { return fd_ >= 0; }
    int fd() const { return fd_; }  // -1: none
    void put(std::string_view text, std::uint64_t lines);
    void flush();                // writes as much as the descriptor takes now
    void finish_until(Time by);  // at the end of the pod: waits for what is pending
    void close_when_empty();
    void close();  // drops what is pending, so that the next descriptor begins with a whole line

    std::function<void()> on_drained;  // called when everything that waited was written; may call put()

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
    std::size_t offset_ = 0;  // how much of buffer_ is written already
    std::uint64_t dropped_ = 0, gap_lines_ = 0;
};

std::uint64_t count_lines(std::string_view text);

}  // namespace tmplbuild::launch
