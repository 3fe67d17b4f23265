// SPDX-License-Identifier: Apache-2.0
#include "console/policy/own_origins.hpp"

#include <algorithm>

#include "base/printable.hpp"
#include "base/text.hpp"

namespace tmplbuild::console {
namespace {

// RunPod's proxy: https://POD-PORT.proxy.runpod.net (docs.runpod.io, "Expose ports").
constexpr std::string_view proxy_domain = ".proxy.runpod.net";

// The words of a list that is separated by spaces, commas or both.
std::vector<std::string> words_of(std::string_view text) {
    std::string spaced(text);
    std::replace_if(
        spaced.begin(), spaced.end(), [](char c) { return c == ',' || c == '\t' || c == '\n' || c == '\r'; }, ' ');
    std::vector<std::string> words = split(spaced, ' ');
    std::erase(words, "");
    return words;
}

}  // namespace

OwnOrigins OwnOrigins::of(std::string_view pod_id, std::string_view console_origins, std::uint16_t console_port,
                          std::vector<std::string>& notes) {
    OwnOrigins own;
    own.pod_id_ = to_lower(trim(pod_id));
    for (const std::string& word : words_of(console_origins)) {
        const std::size_t equals = word.find('=');
        const auto port = equals == std::string::npos ? std::optional<std::int64_t>(console_port)
                                                      : parse_whole(word.substr(0, equals), 1, 65535);
        const auto origin = Origin::parse(equals == std::string::npos ? word : word.substr(equals + 1));
        if (port && origin)
            own.named_[static_cast<std::uint16_t>(*port)].push_back(*origin);
        else
            notes.push_back("CONSOLE_ORIGINS: '" + visible(word) +
                            "' is left out: an origin is written as https://pod.example.org, one of another port as "
                            "8188=https://comfy.example.org, without a path");
    }
    return own;
}

std::optional<Origin> OwnOrigins::of_proxy(std::uint16_t port) const {
    if (pod_id_.empty()) return std::nullopt;
    return Origin::of_host("https", pod_id_ + "-" + std::to_string(port) + std::string(proxy_domain));
}

std::optional<Origin> OwnOrigins::of_request(std::string_view host, std::uint16_t port) const {
    // A named origin first: it alone says by which scheme a loopback name is reached through somebody's TLS.
    if (const auto named = named_.find(port); named != named_.end())
        for (const Origin& origin : named->second)
            if (Origin::of_host(origin.scheme, host) == origin) return origin;
    if (const auto proxy = of_proxy(port); proxy && Origin::of_host("https", host) == proxy) return proxy;
    const auto plain = Origin::of_host("http", host);
    // Any port of loopback: `ssh -L` and published ports give it another number.
    return plain && plain->is_loopback() ? plain : std::nullopt;
}

std::optional<Origin> OwnOrigins::at_port(const Origin& here, std::uint16_t here_port, std::uint16_t port) const {
    if (here_port == port) return here;
    if (here == of_proxy(here_port)) return of_proxy(port);
    if (const auto named = named_.find(here_port); named != named_.end())
        if (std::find(named->second.begin(), named->second.end(), here) != named->second.end()) {
            const auto other = named_.find(port);
            return other == named_.end() ? std::nullopt : std::optional(other->second.front());
        }
    if (!here.is_loopback()) return std::nullopt;
    Origin other = here;
    other.port = port;
    return other;
}

Origin OwnOrigins::for_log(std::uint16_t port) const {
    if (const auto named = named_.find(port); named != named_.end()) return named->second.front();
    if (const auto proxy = of_proxy(port)) return *proxy;
    return Origin{"http", "127.0.0.1", port};
}

}  // namespace tmplbuild::console
