// SPDX-License-Identifier: Apache-2.0
#include "engine/pod/port_relay.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <future>
#include <list>
#include <string>

namespace tmplbuild {

namespace {

constexpr std::size_t most_connections = 512;
constexpr std::size_t piece = 64 << 10;

// One direction of one connection.
struct Direction {
    std::string waiting{};
    bool ended = false;  // no more data will come
    bool shut = false;   // the other side was told so

    short wants_in() const { return !ended && waiting.empty() ? POLLIN : 0; }
    short wants_out() const { return waiting.empty() ? 0 : POLLOUT; }

    // False when the connection is broken.
    bool read_from(int fd) {
        std::array<char, piece> buffer{};
        const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (got < 0) return errno == EAGAIN || errno == EINTR;
        if (got == 0) ended = true;
        waiting.assign(buffer.data(), static_cast<std::size_t>(got));
        return true;
    }
    bool write_to(int fd) {
        if (!waiting.empty()) {
            const ssize_t put = ::send(fd, waiting.data(), waiting.size(), MSG_NOSIGNAL);
            if (put < 0) return errno == EAGAIN || errno == EINTR;
            waiting.erase(0, static_cast<std::size_t>(put));
        }
        if (ended && waiting.empty() && !shut) {
            ::shutdown(fd, SHUT_WR);
            shut = true;
        }
        return true;
    }
};

struct Connection {
    sys::Fd client, pod;
    bool connected = false;
    Direction in{}, out{};  // to the pod, and from the pod

    // Handles the events of both sides; false when nothing is left to carry.
    bool carry(short of_client, short of_pod) {
        if (!connected) {
            if (of_pod == 0) return (of_client & (POLLERR | POLLHUP)) == 0;
            int why = 0;
            socklen_t size = sizeof why;
            if (::getsockopt(pod.get(), SOL_SOCKET, SO_ERROR, &why, &size) != 0 || why != 0) return false;
            connected = true;
        }
        constexpr short readable = POLLIN | POLLHUP | POLLERR;
        if ((of_client & readable) != 0 && in.wants_in() != 0 && !in.read_from(client.get())) return false;
        if ((of_pod & readable) != 0 && out.wants_in() != 0 && !out.read_from(pod.get())) return false;
        if (!in.write_to(pod.get()) || !out.write_to(client.get())) return false;
        return !(in.shut && out.shut);
    }
    std::array<pollfd, 2> wants() const {
        const short to_client = static_cast<short>(connected ? in.wants_in() | out.wants_out() : 0);
        const short to_pod = static_cast<short>(connected ? out.wants_in() | in.wants_out() : POLLOUT);
        // A side that waits for nothing is left out of the poll, since its end alone would wake the loop again and
        // again.
        return {{{to_client == 0 && connected ? -1 : client.get(), to_client, 0},
                 {to_pod == 0 ? -1 : pod.get(), to_pod, 0}}};
    }
};

sys::Fd connect_to(std::uint16_t port) {
    sys::Fd out(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(port);
    if (!out || (::connect(out.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 && errno != EINPROGRESS))
        return {};
    return out;
}

void relay(const std::vector<ClaimedPort>& ports, int stop) {
    std::list<Connection> connections;
    std::vector<pollfd> polled;
    for (;;) {
        polled.assign({{stop, POLLIN, 0}});
        const bool full = connections.size() >= most_connections;
        for (const ClaimedPort& port : ports) polled.push_back({full ? -1 : port.socket.get(), POLLIN, 0});
        for (const Connection& connection : connections)
            for (const pollfd& one : connection.wants()) polled.push_back(one);
        if (::poll(polled.data(), polled.size(), -1) < 0) continue;
        if (polled[0].revents != 0) return;
        std::size_t at = 1 + ports.size();
        for (auto one = connections.begin(); one != connections.end(); at += 2)
            one = one->carry(polled[at].revents, polled[at + 1].revents) ? std::next(one) : connections.erase(one);
        for (std::size_t i = 0; i < ports.size(); ++i) {
            if (polled[1 + i].revents == 0) continue;
            sys::Fd client(::accept4(ports[i].socket.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
            sys::Fd pod = client ? connect_to(ports[i].port.pod) : sys::Fd();
            if (client && pod) connections.push_back({std::move(client), std::move(pod)});
        }
    }
}

}  // namespace

Result<PortRelay> PortRelay::start(std::vector<ClaimedPort> ports, int network) {
    for (const ClaimedPort& port : ports)
        if (::listen(port.socket.get(), SOMAXCONN) != 0)
            return errno == EADDRINUSE ? taken_port(port.port)
                                       : os_error("listen on", "127.0.0.1:" + std::to_string(port.port.host), errno);
    PortRelay out;
    out.stop_ = sys::Fd(::eventfd(0, EFD_CLOEXEC));
    if (!out.stop_) return os_error("make", "an event descriptor", errno);
    std::promise<int> entered;
    auto result = entered.get_future();
    // Each thread has its own network namespace, but the listening sockets stay in the one in which they were made.
    out.thread_ = std::thread([ports = std::move(ports), network, stop = out.stop_.get(), &entered] {
        const bool inside = network < 0 || ::setns(network, CLONE_NEWNET) == 0;
        entered.set_value(inside ? 0 : errno);
        if (inside) relay(ports, stop);
    });
    if (const int why = result.get(); why != 0)
        return machine_error(std::string("cannot enter the pod's network: ") + std::strerror(why));
    return out;
}

PortRelay::~PortRelay() {
    if (!thread_.joinable()) return;
    ::eventfd_write(stop_.get(), 1);
    thread_.join();
}

}  // namespace tmplbuild
