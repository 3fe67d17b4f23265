// SPDX-License-Identifier: Apache-2.0
// What kind of network an IP address belongs to: whether a connection to it leaves the reader's own machine, its own
// network, or neither. Used where somebody else's document says where to connect, so that a public server cannot lead
// a build to what only this machine can reach. Never looks a name up.
#pragma once

#include <sys/socket.h>

#include <optional>
#include <set>
#include <string_view>

namespace tmplbuild::io {

enum class AddressClass {
    open,        // anywhere in the internet
    local,       // of a private network: RFC 1918, RFC 6598, RFC 4193
    loopback,    // of this machine; 0.0.0.0 and :: connect there, too
    link_local,  // RFC 3927, RFC 4291: where clouds keep their metadata, credentials among them; also multicast and
                 // whatever is reserved (RFC 6890)
};

AddressClass address_class(const sockaddr& address);  // of another family than IPv4 and IPv6: link_local
// Of an address in numbers, "127.0.0.1", "::1", "[::1]"; none: it is a name. Every spelling that inet_aton(3) takes
// ("0x7f.1") counts, since resolvers take them.
std::optional<AddressClass> address_class(std::string_view text);

// Where somebody at `speaker` may not send others: anywhere but the internet and the speaker's own kind of network.
// Link-local never. None: where the speaker is, is not known.
std::set<AddressClass> kept_out_by(std::optional<AddressClass> speaker);

}  // namespace tmplbuild::io
