// SPDX-License-Identifier: Apache-2.0
// The backend of tests/bench/gateway.sh: bench-late PORT MICROSECONDS answers each request without a body with 200
// and some bytes, after that time. One thread; no parser, since its clients are nginx alone.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <unordered_map>

namespace {

using Clock = std::chrono::steady_clock;

struct Connection {
    std::string head{};
    bool closes = false;
};
struct Due {
    Clock::time_point at;
    int fd;
};

class Server {
  public:
    Server(std::uint16_t port, std::chrono::microseconds delay) : delay_(delay) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        const int yes = 1;
        ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        at.sin_port = htons(port);
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || ::listen(listener_, 4096) != 0) {
            std::perror("late_answers");
            std::exit(1);
        }
        watch(listener_);
    }

    [[noreturn]] void run() {
        epoll_event events[256];
        for (;;) {
            // Zero once something is due within a millisecond: the poll has no finer pause.
            const auto pause = due_.empty() ? 1000 : (due_.front().at - Clock::now()) / std::chrono::milliseconds(1);
            const int count = ::epoll_wait(epoll_, events, 256, static_cast<int>(pause < 0 ? 0 : pause));
            for (int i = 0; i < count; ++i) events[i].data.fd == listener_ ? take() : read(events[i].data.fd);
            for (const auto now = Clock::now(); !due_.empty() && due_.front().at <= now; due_.pop_front())
                answer(due_.front().fd);
        }
    }

  private:
    void watch(int fd) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    }
    void take() {
        for (int fd = 0; (fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
            const int yes = 1;
            ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
            connections_[fd] = {};
            watch(fd);
        }
    }
    void read(int fd) {
        char bytes[16384];
        const ssize_t count = ::read(fd, bytes, sizeof bytes);
        if (count <= 0) return close(fd);
        Connection& connection = connections_[fd];
        connection.head.append(bytes, static_cast<std::size_t>(count));
        if (!connection.head.ends_with("\r\n\r\n")) return;
        connection.closes = connection.head.find("Connection: close") != std::string::npos;
        connection.head.clear();
        due_.push_back({Clock::now() + delay_, fd});
    }
    void answer(int fd) {
        const auto found = connections_.find(fd);
        if (found == connections_.end()) return;
        static const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n" + std::string(64, 'x');
        if (::write(fd, text.data(), text.size()) < 0 || found->second.closes) close(fd);
    }
    void close(int fd) {
        connections_.erase(fd);
        ::close(fd);
    }

    int epoll_ = ::epoll_create1(0), listener_ = -1;
    std::chrono::microseconds delay_;
    std::unordered_map<int, Connection> connections_;
    std::deque<Due> due_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return std::fprintf(stderr, "usage: bench-late PORT MICROSECONDS\n"), 2;
    Server(static_cast<std::uint16_t>(std::atoi(argv[1])), std::chrono::microseconds(std::atoi(argv[2]))).run();
}
