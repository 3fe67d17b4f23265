// SPDX-License-Identifier: Apache-2.0
#include "podlog/outlet.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace tmplbuild::launch {

std::uint64_t count_lines(std::string_view text) {
    // memchr() looks at many bytes at once, which matters since every way out counts a flood of output.
    std::uint64_t lines = 0;
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string_view::npos; ++at) ++lines;
    return lines;
}

Outlet::Outlet(Poller& poller, std::size_t limit, std::function<std::string(std::uint64_t)> gap)
    : poller_(poller), limit_(limit), gap_(std::move(gap)) {}

Outlet::~Outlet() { close(); }

void Outlet::open(int fd, bool socket) {
    close();
    fd_ = fd;
    socket_ = socket;
    closing_ = waiting_ = broken_ = false;
    // A descriptor that epoll cannot watch (/dev/null) never blocks anyway.
    poller_.watch(fd_, 0, [this] { flush(); });
    flush();
}

void Outlet::drop(std::uint64_t lines) {
    dropped_ += lines;
    gap_lines_ += lines;
}

void Outlet::put(std::string_view text, std::uint64_t lines) {
    if (closing_) return drop(lines);
    const std::size_t waiting = buffer_.size() - offset_;
    // Once something was dropped, half of the room must be free again: one long gap is clearer than many short ones.
    if (waiting + text.size() > (dropping() ? limit_ / 2 : limit_)) return drop(lines);
    if (dropping()) {
        keep(gap_(gap_lines_));
        gap_lines_ = 0;
    }
    if (!pending() && fd_ >= 0) text.remove_prefix(write_some(text));
    if (!text.empty()) keep(text);
    if (broken_) return close();
    if (pending() && !waiting_) flush();
}

void Outlet::keep(std::string_view text) {
    if (offset_ > limit_ / 2) {
        buffer_.erase(0, offset_);
        offset_ = 0;
    }
    buffer_.append(text);
}

std::size_t Outlet::write_some(std::string_view text) {
    std::size_t done = 0;
    while (done < text.size()) {
        const std::string_view rest = text.substr(done);
        const ssize_t wrote = socket_ ? ::send(fd_, rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                                      : ::write(fd_, rest.data(), rest.size());
        if (wrote > 0) {
            done += static_cast<std::size_t>(wrote);
        } else if (wrote < 0 && errno == EINTR) {
            continue;
        } else {
            broken_ = wrote < 0 && errno != EAGAIN;  // any other error is final: the reader has gone
            break;
        }
    }
    return done;
}

void Outlet::flush() {
    if (fd_ < 0) return;
    if (!pending()) {
        pollfd now{fd_, 0, 0};
        if (::poll(&now, 1, 0) > 0 && (now.revents & (POLLERR | POLLHUP)) != 0) return close();
    }
    offset_ += write_some(std::string_view(buffer_).substr(offset_));
    if (broken_) return close();
    const bool more = pending();
    if (!more) {
        if (buffer_.capacity() > (64U << 10)) std::string().swap(buffer_);
        buffer_.clear();
        offset_ = 0;
        if (closing_) return close();
    }
    if (more != waiting_) poller_.change(fd_, more ? static_cast<std::uint32_t>(EPOLLOUT) : 0);
    const bool drained = waiting_ && !more;
    waiting_ = more;
    if (drained && on_drained) on_drained();
}

void Outlet::finish_until(Time by) {
    for (Time now = now_ms(); pending() && fd_ >= 0 && now < by; now = now_ms()) {
        pollfd out{fd_, POLLOUT, 0};
        ::poll(&out, 1, static_cast<int>(by - now));
        flush();
    }
}

void Outlet::close_when_empty() {
    closing_ = true;
    if (!pending()) close();
}

void Outlet::close() {
    if (fd_ < 0) return;
    poller_.forget(fd_);
    ::close(fd_);
    fd_ = -1;
    waiting_ = false;
    const std::uint64_t lines = count_lines(std::string_view(buffer_).substr(offset_));
    std::string().swap(buffer_);
    offset_ = 0;
    if (lines > 0) drop(lines);
}

}  // namespace tmplbuild::launch
