// SPDX-License-Identifier: Apache-2.0
#include "supervisor/net_probe.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/json.hpp"

namespace tmplbuild::launch {

static std::string describe_errno(int why) {
    const char* words = ::strerrordesc_np(why);
    return words == nullptr ? "unknown error" : words;
}

NetProbe::NetProbe(std::uint16_t port, const std::string& path, Want want)
    : where_("port " + std::to_string(port)), want_(want) {
    // A request that wants the body uses HTTP/1.0: the body then is not chunked, and ends with the connection.
    if (want != Want::connection)
        request_ = "GET " + path + (want == Want::body ? " HTTP/1.0" : " HTTP/1.1") +
                   "\r\nHost: 127.0.0.1:" + std::to_string(port) +
                   "\r\nUser-Agent: tmplbuild-launcher\r\nConnection: close\r\n\r\n";
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    failed_ =
        fd_ < 0 || (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS);
    if (failed_) problem_ = where_ + ": " + describe_errno(errno);
}

bool NetProbe::no(std::string why) {
    problem_ = where_ + ": " + std::move(why);
    return false;
}

NetProbe::~NetProbe() {
    if (fd_ >= 0) ::close(fd_);
}

NetProbe::NetProbe(NetProbe&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      where_(std::move(other.where_)),
      request_(std::move(other.request_)),
      answer_(std::move(other.answer_)),
      problem_(std::move(other.problem_)),
      want_(other.want_),
      connected_(other.connected_),
      failed_(other.failed_) {}

std::uint32_t NetProbe::events() const { return connected_ && request_.empty() ? EPOLLIN : EPOLLOUT; }

std::optional<bool> NetProbe::advance() {
    if (failed_) return false;
    if (!connected_) {
        int error = 0;
        socklen_t size = sizeof error;
        pollfd ready{fd_, POLLOUT, 0};
        if (::poll(&ready, 1, 0) == 0) return std::nullopt;
        if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return no(describe_errno(errno));
        if (error != 0) return no(describe_errno(error));
        connected_ = true;
        if (request_.empty()) return true;
    }
    return request_.empty() ? receive() : send();
}

std::optional<bool> NetProbe::send() {
    const ssize_t put = ::send(fd_, request_.data(), request_.size(), MSG_NOSIGNAL);
    if (put < 0) return errno == EAGAIN || errno == EINTR ? std::nullopt : std::optional(no(describe_errno(errno)));
    request_.erase(0, static_cast<std::size_t>(put));
    return std::nullopt;
}

std::optional<bool> NetProbe::receive() {
    char buffer[4096];
    const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
    if (got < 0) return errno == EAGAIN || errno == EINTR ? std::nullopt : std::optional(no(describe_errno(errno)));
    answer_.append(buffer, static_cast<std::size_t>(got));
    // RFC 9112, 4: "HTTP/1.1 200 "; the first digit of the code decides.
    if (answer_.size() < 12)
        return got == 0 ? std::optional(no("the connection was closed without an answer")) : std::nullopt;
    constexpr std::size_t body_limit = 256 * 1024;
    if (want_ == Want::body && got > 0 && answer_.size() < body_limit) return std::nullopt;
    if (!answer_.starts_with("HTTP/1.") || answer_[8] != ' ') return no("what answers there is not HTTP");
    if (answer_[9] == '2' || answer_[9] == '3') return true;
    const std::string code = answer_.substr(9, 3);
    const bool digits = code.find_first_not_of("0123456789") == std::string::npos;
    return no(digits ? "HTTP status " + code : "its answer has no HTTP status");
}

std::string_view NetProbe::body() const {
    const std::size_t end = answer_.find("\r\n\r\n");
    return end == std::string::npos ? std::string_view() : std::string_view(answer_).substr(end + 4);
}

bool says_idle(std::string_view body, const std::vector<std::string>& members) {
    const auto value = json::parse(body, "the idle probe's answer");
    const auto* object = value ? value->if_object() : nullptr;
    if (object == nullptr) return false;
    return std::all_of(members.begin(), members.end(), [&](const std::string& member) {
        const auto* list = object->if_contains(member);
        return list != nullptr && list->is_array() && list->get_array().empty();
    });
}

}  // namespace tmplbuild::launch
