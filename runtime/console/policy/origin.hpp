// SPDX-License-Identifier: Apache-2.0
// A web origin (RFC 6454): scheme, host and port, which a browser compares when it asks whose page this is. Used by the
// console to tell its own pages from other people's. Never looks a name up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tmplbuild::console {

struct Origin {
    std::string scheme;      // "http" or "https"
    std::string host;        // lower case; an IPv6 address stands in brackets
    std::uint16_t port = 0;  // never 0 in a parsed one: the scheme's own where the text names none

    // Reads what an Origin header holds (RFC 6454, section 6.2): no path, no user, no trailing slash. "null" is none.
    static std::optional<Origin> parse(std::string_view text);
    // Reads a Host header (RFC 9110, section 7.2) of a request that came by `scheme`.
    static std::optional<Origin> of_host(std::string_view scheme, std::string_view host);

    std::string to_string() const;  // the scheme's own port is left out
    bool is_loopback() const;       // localhost, 127.0.0.0/8 or [::1], by its spelling
    bool operator==(const Origin&) const = default;
};

}  // namespace tmplbuild::console
