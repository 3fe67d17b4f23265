// SPDX-License-Identifier: Apache-2.0
#include "console/worker/connection.hpp"

#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace tmplbuild::console {

namespace {

constexpr std::chrono::milliseconds tick{200}, longest_end{2'000};
constexpr std::size_t most_at_end = 8 << 20;
constexpr std::uint64_t sent_at_once = 1 << 20;  // of a file: between two words to the web process

bool is_waiting(int code) { return code == EAGAIN || code == EINTR; }

Refusal gone() { return {0, "the client has gone", {}}; }

}  // namespace

Reply<void> Connection::wait(short events, std::chrono::milliseconds longest, unsigned status_when_late) {
    const auto until = std::chrono::steady_clock::now() + longest;
    for (;;) {
        line_.at_work();
        pollfd one{socket_.get(), events, 0};
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        if (left.count() <= 0) return Refusal{status_when_late, "the rest of the request did not come", {}};
        const int ready = ::poll(&one, 1, static_cast<int>(std::min(left, tick).count()));
        if (ready > 0) return {};
        if (ready < 0 && errno != EINTR) return gone();
    }
}

Reply<std::size_t> Connection::read(std::span<char> into) {
    if (taken_ < received_.size()) {
        const std::size_t size = std::min(into.size(), received_.size() - taken_);
        std::copy_n(received_.data() + taken_, size, into.data());
        taken_ += size;
        return size;
    }
    for (;;) {
        const ssize_t got = ::recv(socket_.get(), into.data(), into.size(), 0);
        if (got >= 0) return static_cast<std::size_t>(got);
        if (!is_waiting(errno)) return gone();
        if (auto ready = wait(POLLIN, patience_.to_read, 408); !ready) return ready.error();
    }
}

Reply<void> Connection::write(std::string_view text) {
    while (!text.empty()) {
        const ssize_t put = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
        if (put > 0) {
            text.remove_prefix(static_cast<std::size_t>(put));
            line_.at_work();
            continue;
        }
        if (!is_waiting(errno)) return gone();
        if (auto ready = wait(POLLOUT, patience_.to_write, 0); !ready) return ready.error();
    }
    return {};
}

Reply<void> Connection::send_file(int file, std::uint64_t offset, std::uint64_t size) {
    auto from = static_cast<off_t>(offset);
    while (size > 0) {
        const ssize_t put = ::sendfile(socket_.get(), file, &from, std::min(size, sent_at_once));
        if (put > 0) {
            size -= static_cast<std::uint64_t>(put);
            line_.at_work();
            continue;
        }
        if (put == 0) return Refusal{0, "the file became shorter while it was sent", {}};
        if (!is_waiting(errno)) return gone();
        if (auto ready = wait(POLLOUT, patience_.to_write, 0); !ready) return ready.error();
    }
    return {};
}

bool Connection::is_gone() const {
    pollfd one{socket_.get(), POLLRDHUP, 0};
    return ::poll(&one, 1, 0) > 0 && (one.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void Connection::end(bool client_still_sends) {
    ::shutdown(socket_.get(), SHUT_WR);
    const auto until = std::chrono::steady_clock::now() + longest_end;
    std::array<char, 16384> part{};
    for (std::size_t all = 0; client_still_sends && all < most_at_end;) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        pollfd one{socket_.get(), POLLIN, 0};
        if (left.count() <= 0 || ::poll(&one, 1, static_cast<int>(left.count())) <= 0) break;
        const ssize_t got = ::recv(socket_.get(), part.data(), part.size(), MSG_DONTWAIT);
        if (got <= 0) break;
        all += static_cast<std::size_t>(got);
    }
    socket_.reset();
}

}  // namespace tmplbuild::console
