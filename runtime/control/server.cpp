// SPDX-License-Identifier: Apache-2.0
#include "control/server.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/json.hpp"
#include "control/address.hpp"
#include "sys/file.hpp"

namespace tmplbuild::control {

using launch::never;
using launch::now_ms;
using launch::Time;

static constexpr std::size_t most_clients = 32, longest_request = 4096, waiting_bytes = 512 << 10;
static constexpr int most_requests = 16;  // requests that are read from one client before the others get their turn
static constexpr Time push_pause_ms = 50;

struct Server::Client {
    Client(launch::Poller& poller, int socket)
        : fd(socket), out(poller, waiting_bytes, [](std::uint64_t lines) {
              return "{\"dropped\":" + std::to_string(lines) + "}\n";
          }) {}
    int fd;  // -1: the client sends no more requests
    launch::Outlet out;
    std::string input{}, follows{};
    bool subscribed = false, owed = false;  // owed: it has yet to get a snapshot that it could not take before
    Time active = now_ms();
};

Server::Server(launch::Poller& poller, Answers answers) : poller_(poller), answers_(std::move(answers)) {}

Server::~Server() {
    for (Client& client : clients_) leave(client);
    if (listener_ < 0) return;
    poller_.forget(listener_);
    ::close(listener_);
    ::unlink(path_.c_str());
}

Result<void> Server::open(const std::string& folder) {
    if (auto made = make_run_folder(folder); !made) return made.error();
    const std::string path = socket_in(folder);
    const auto address = address_of(path);
    if (!address) return machine_error("'" + path + "' is too long for a socket");
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return os_error("make", "a socket", errno);
    const auto* name = reinterpret_cast<const sockaddr*>(&*address);
    if (::connect(fd, name, sizeof *address) == 0 || errno == EAGAIN) {
        ::close(fd);
        return machine_error("another launcher listens at '" + path + "'");
    }
    ::unlink(path.c_str());
    const mode_t before = ::umask(0177);
    const bool bound = ::bind(fd, name, sizeof *address) == 0 && ::listen(fd, 64) == 0;
    const int why = errno;
    ::umask(before);
    if (!bound) {
        ::close(fd);
        return os_error("listen at", path, why);
    }
    path_ = path;
    listener_ = fd;
    poller_.watch(listener_, EPOLLIN, [this] { on_connection(); });
    return {};
}

void Server::on_connection() {
    for (int taken = 0; taken < 64; ++taken) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            take(fd);
        } else if (errno == EINTR || errno == ECONNABORTED) {
            continue;
        } else {
            if (errno == EAGAIN) return;
            // No descriptors are left, and trying again at once would keep the processor busy.
            poller_.change(listener_, 0);
            listen_at_ = now_ms() + 1'000;
            return;
        }
    }
}

void Server::take(int fd) {
    forget_ended();
    make_room();
    const int out = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (out < 0) {
        ::close(fd);
        return;
    }
    Client& client = clients_.emplace_back(poller_, fd);
    client.out.open(out, true);
    poller_.watch(fd, EPOLLIN, [this, &client] { on_input(client); });
}

// Closes the client that has been silent for longest; one that subscribed or follows a log comes last.
void Server::make_room() {
    if (clients_.size() < most_clients) return;
    const auto oldest = std::min_element(clients_.begin(), clients_.end(), [](const Client& a, const Client& b) {
        const bool a_listens = a.subscribed || !a.follows.empty();
        const bool b_listens = b.subscribed || !b.follows.empty();
        return a_listens != b_listens ? b_listens : a.active < b.active;
    });
    leave(*oldest);
    clients_.erase(oldest);
}

void Server::leave(Client& client) {
    client.out.close();
    if (client.fd < 0) return;
    poller_.forget(client.fd);
    ::close(client.fd);
    client.fd = -1;
}

void Server::forget_ended() {
    clients_.remove_if([](const Client& client) { return client.fd < 0 && !client.out.is_open(); });
}

void Server::on_input(Client& client) {
    std::array<char, longest_request> buffer{};
    const ssize_t got = ::read(client.fd, buffer.data(), buffer.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        // The client may have closed only its sending direction, and still wait for an answer.
        poller_.forget(client.fd);
        ::close(client.fd);
        client.fd = -1;
        if (got < 0) return client.out.close();
        if (!client.subscribed && client.follows.empty()) client.out.close_when_empty();
        return;
    }
    client.active = now_ms();
    client.input.append(buffer.data(), static_cast<std::size_t>(got));
    for (int taken = 0;; ++taken) {
        const std::size_t end = client.input.find('\n');
        if (end == std::string::npos) break;
        if (taken == most_requests) return refuse(client, "too many requests at once");
        const std::string line = client.input.substr(0, end);
        client.input.erase(0, end + 1);
        if (!take_line(client, line)) return;
    }
    if (client.input.size() >= longest_request) refuse(client, "a request has at most 4096 bytes");
}

static std::string line_of(const char* key, const std::string& text) {
    return json::compact(json::object{{key, text}}) + "\n";
}

static std::string log_answer(const Server::LogLines& log) {
    json::object answer{{"log", log.text}};
    if (!log.older_in.empty()) answer["older_in"] = log.older_in;
    return json::compact(answer) + "\n";
}

void Server::refuse(Client& client, const std::string& why) {
    client.out.put(line_of("error", why), 1);
    // Nothing more is read from it; the answer is sent as far as the client takes it.
    client.out.close_when_empty();
    poller_.forget(client.fd);
    ::close(client.fd);
    client.fd = -1;
}

bool Server::take_line(Client& client, std::string_view line) {
    const auto request = parse_request(line);
    if (!request) {
        refuse(client, request.error().message);
        return false;
    }
    switch (request->kind) {
        case Request::Kind::subscribe:
            client.subscribed = true;
            client.out.on_drained = [this, &client] {
                if (client.owed) push(client, answers_.snapshot());
            };
            push(client, answers_.snapshot());
            return true;
        case Request::Kind::status:
            client.out.put(answers_.snapshot() + "\n", 1);
            break;
        case Request::Kind::logs: {
            const auto text = answers_.log(*request);
            if (text && request->follow) client.follows = request->name;
            client.out.put(text ? log_answer(*text) : line_of("error", text.error().message), 1);
            break;
        }
        default: {
            const auto done = answers_.command(*request);
            client.out.put(done ? line_of("done", *done) : line_of("error", done.error().message), 1);
            break;
        }
    }
    if (!client.out.dropping()) return true;
    leave(client);  // this client sends requests without reading the answers
    return false;
}

// A slow reader gets the newest snapshot after it has read the one before.
void Server::push(Client& client, const std::string& text) {
    client.owed = client.out.pending();
    if (!client.owed) client.out.put(text + "\n", 1);
}

void Server::changed() {
    if (push_at_ != never) return;
    for (const Client& client : clients_)
        if (client.subscribed) push_at_ = now_ms() + push_pause_ms;
}

void Server::lines(const std::string& service, std::string_view block) {
    std::string text;
    for (Client& client : clients_) {
        if (client.follows != service) continue;
        if (text.empty()) text = line_of("log", std::string(block));
        client.out.put(text, 1);
    }
}

Time Server::next_due() const { return std::min(push_at_, listen_at_); }

void Server::tick(Time now) {
    if (now >= listen_at_) {
        listen_at_ = never;
        poller_.change(listener_, EPOLLIN);
    }
    if (now < push_at_) return;
    push_at_ = never;
    forget_ended();
    std::string text = answers_.snapshot();
    const std::size_t same = text.rfind("\"now\":");
    if (text.compare(0, same, pushed_, 0, pushed_.rfind("\"now\":")) == 0) return;
    for (Client& client : clients_)
        if (client.subscribed) push(client, text);
    pushed_ = std::move(text);
}

}  // namespace tmplbuild::control
