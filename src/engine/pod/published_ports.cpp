// SPDX-License-Identifier: Apache-2.0
#include "engine/pod/published_ports.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>

namespace tmplbuild {

namespace {

std::optional<std::uint16_t> port_of(std::string_view text) {
    std::uint16_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size() || value == 0) return std::nullopt;
    return value;
}

Result<sys::Fd> bound(const PublishedPort& port, in_addr_t address) {
    sys::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return os_error("make", "a socket", errno);
    // Connections that have just ended must not block the port.
    const int yes = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(address);
    at.sin_port = htons(port.host);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0) return socket;
    if (errno == EADDRINUSE) return taken_port(port);
    return os_error("listen on", "127.0.0.1:" + std::to_string(port.host), errno);
}

}  // namespace

Error taken_port(const PublishedPort& port) {
    const std::string owner = port.service.empty() ? "" : " (the service " + port.service + ")";
    const unsigned other = port.host < 50'000 ? port.host + 10'000U : port.host - 10'000U;
    return machine_error(
        "another program listens on port " + std::to_string(port.host) + " of this machine, which the pod's port " +
            std::to_string(port.pod) + owner + " needs",
        "end it, or choose another number: -p " + std::to_string(other) + ":" + std::to_string(port.pod));
}

Result<PublishedPort> PublishedPort::parse(const std::string& text) {
    const std::size_t colon = text.find(':');
    const auto host = port_of(std::string_view(text).substr(0, colon));
    const auto pod = colon == std::string::npos ? host : port_of(std::string_view(text).substr(colon + 1));
    if (!host || !pod)
        return usage_error("-p needs HOST:POD, two ports from 1 to 65535, found '" + text + "'",
                           "-p 18888:8888: the pod's port 8888 is then http://127.0.0.1:18888");
    return PublishedPort{*host, *pod};
}

std::vector<PublishedPort> ports_to_publish(const Template& tmpl, std::vector<PublishedPort> asked) {
    std::vector<PublishedPort> out = std::move(asked);
    const std::size_t told = out.size();
    const auto add = [&](const std::string& name, std::uint16_t port) {
        if (port == 0) return;
        bool found = false;
        for (std::size_t i = 0; i < told; ++i) {
            if (out[i].pod != port) continue;
            out[i].service = name;
            found = true;
        }
        if (!found) out.push_back({port, port, name});
    };
    if (tmpl.console) add("console", tmpl.console_port);
    for (const auto& [service, pos] : tmpl.services) add(service.name, service.port);
    for (std::size_t i = 0; i < out.size(); ++i)
        for (std::size_t other = 0; other < i; ++other)
            if (out[i].host == out[other].host)
                throw BuildError(usage_error("port " + std::to_string(out[i].host) +
                                                 " of this machine would stand for the pod's ports " +
                                                 std::to_string(out[other].pod) + " and " + std::to_string(out[i].pod),
                                             "give one of them another number: -p HOST:POD"));
    return out;
}

Result<std::vector<ClaimedPort>> claim_ports(const std::vector<PublishedPort>& ports) {
    std::vector<ClaimedPort> out;
    for (const PublishedPort& port : ports) {
        auto socket = bound(port, INADDR_LOOPBACK);
        if (!socket) return socket.error();
        out.push_back({port, std::move(*socket)});
    }
    return out;
}

Result<void> check_free(const std::vector<PublishedPort>& ports) {
    for (const PublishedPort& port : ports)
        if (auto socket = bound({port.pod, port.pod, port.service}, INADDR_ANY); !socket) return socket.error();
    return {};
}

}  // namespace tmplbuild
