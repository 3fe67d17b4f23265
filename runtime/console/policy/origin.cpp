// SPDX-License-Identifier: Apache-2.0
#include "console/policy/origin.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tmplbuild::console {
namespace {

std::uint16_t port_of_scheme(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

bool is_name(std::string_view host) {
    return !host.empty() && host.size() <= 253 && host.front() != '.' &&
           std::all_of(host.begin(), host.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
           });
}

bool is_bracketed_address(std::string_view host) {
    return host.size() >= 4 && host.size() <= 47 && host.front() == '[' && host.back() == ']' &&
           std::all_of(host.begin() + 1, host.end() - 1,
                       [](char c) { return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9') || c == ':' || c == '.'; });
}

}  // namespace

std::optional<Origin> Origin::of_host(std::string_view scheme, std::string_view text) {
    const std::string host_and_port = to_lower(text);
    // The colon before a port is the one after a bracket, where there is one.
    const std::size_t bracket = host_and_port.rfind(']');
    const std::size_t colon = host_and_port.find(':', bracket == std::string::npos ? 0 : bracket);
    Origin origin{std::string(scheme), host_and_port.substr(0, colon), port_of_scheme(scheme)};
    if (!is_name(origin.host) && !is_bracketed_address(origin.host)) return std::nullopt;
    if (colon != std::string::npos) {
        const auto port = parse_whole(host_and_port.substr(colon + 1), 1, 65535);
        if (!port) return std::nullopt;
        origin.port = static_cast<std::uint16_t>(*port);
    }
    return origin;
}

std::optional<Origin> Origin::parse(std::string_view text) {
    const std::string lower = to_lower(text);
    for (const std::string_view scheme : {"http", "https"}) {
        const std::string start = std::string(scheme) + "://";
        if (lower.starts_with(start)) return of_host(scheme, lower.substr(start.size()));
    }
    return std::nullopt;
}

std::string Origin::to_string() const {
    const std::string text = scheme + "://" + host;
    return port == port_of_scheme(scheme) ? text : text + ":" + std::to_string(port);
}

bool Origin::is_loopback() const {
    if (host == "localhost" || host == "[::1]") return true;
    const auto parts = split(host, '.');
    return parts.size() == 4 && parts.front() == "127" &&
           std::all_of(parts.begin(), parts.end(),
                       [](const std::string& part) { return parse_whole(part, 0, 255).has_value(); });
}

}  // namespace tmplbuild::console
