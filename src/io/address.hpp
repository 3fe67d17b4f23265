// SPDX-License-Identifier: Apache-2.0
// The kind of network of an IP address: whether a connection to it stays on this machine, stays in its own network, or
// leaves both. Used where a foreign document names an address, so that a public server cannot lead a build to what only
// this machine can reach. Never looks a name up.
#pragma once

#include <sys/socket.h>

#include <optional>
#include <set>
#include <string_view>

namespace tmplbuild::io {

enum class AddressClass {
    open,        // anywhere on the internet
    local,       // in a private network: RFC 1918, RFC 6598, RFC 4193
    loopback,    // on this machine; 0.0.0.0 and :: connect to it too
    link_local,  // RFC 3927, RFC 4291: where clouds keep their metadata, credentials among them; also multicast and
                 // whatever is reserved (RFC 6890)
};

AddressClass address_class(const sockaddr& address);  // other families than IPv4 and IPv6 are link_local
// The class of an address in numbers, "127.0.0.1", "::1", "[::1]"; none: it is a name. Every spelling of inet_aton(3)
// ("0x7f.1") counts, since resolvers accept them.
std::optional<AddressClass> address_class(std::string_view text);

// The classes to which somebody at `speaker` may not send others: all but the internet and the speaker's own kind of
// network. Link-local is never permitted. `speaker` is none where it is not known.
std::set<AddressClass> kept_out_by(std::optional<AddressClass> speaker);

}  // namespace tmplbuild::io
