// SPDX-License-Identifier: Apache-2.0
#include "io/http_proxy.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netdb.h>
#include <netinet/in.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

namespace tmplbuild::io {

namespace {

std::string proxy_variable(const std::string& scheme) {
    // HTTP_PROXY is ignored, since a web server's client could set it (httpoxy).
    const std::vector<const char*> names =
        scheme == "https" ? std::vector<const char*>{"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}
                          : std::vector<const char*>{"http_proxy", "all_proxy", "ALL_PROXY"};
    for (const char* name : names)
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
    return {};
}

std::string numbers(const sockaddr& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.sa_family == AF_INET) {
        sockaddr_in four{};
        std::memcpy(&four, &address, sizeof four);
        ::inet_ntop(AF_INET, &four.sin_addr, text.data(), text.size());
        return std::string(text.data()) + " " + std::to_string(ntohs(four.sin_port));
    }
    if (address.sa_family != AF_INET6) return {};
    sockaddr_in6 six{};
    std::memcpy(&six, &address, sizeof six);
    ::inet_ntop(AF_INET6, &six.sin6_addr, text.data(), text.size());
    return std::string(text.data()) + " " + std::to_string(ntohs(six.sin6_port));
}

struct FreeProxyUrl {
    void operator()(CURLU* url) const { ::curl_url_cleanup(url); }
};

std::string part_of(CURLU* url, CURLUPart part) {
    char* text = nullptr;
    if (::curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
    std::string out = text;
    ::curl_free(text);
    return out;
}

}  // namespace

void ProxyAddresses::look_up(const std::string& scheme) {
    const std::string proxy = proxy_variable(scheme);
    if (proxy == proxy_) return;
    proxy_ = proxy;
    known_.clear();
    const std::unique_ptr<CURLU, FreeProxyUrl> url(::curl_url());
    const unsigned flags = CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME;
    if (!url || ::curl_url_set(url.get(), CURLUPART_URL, proxy.c_str(), flags) != CURLUE_OK) return;
    std::string host = part_of(url.get(), CURLUPART_HOST);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    // libcurl's own default for a proxy without a port (CURLOPT_PROXY(3)).
    const std::string port = proxy.find(":", proxy.find("://") == proxy.npos ? 0 : proxy.find("://") + 3) == proxy.npos
                                 ? "1080"
                                 : part_of(url.get(), CURLUPART_PORT);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return;
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) known_.insert(numbers(*one->ai_addr));
    ::freeaddrinfo(found);
}

bool ProxyAddresses::contains(const sockaddr& address) const { return known_.contains(numbers(address)); }

bool ProxyAddresses::contains(const std::string& address, long port) const {
    return known_.contains(address + " " + std::to_string(port));
}

}  // namespace tmplbuild::io
