// SPDX-License-Identifier: Apache-2.0
#include "io/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

namespace tmplbuild::io {

namespace {

struct Block4 {
    std::uint32_t network;
    int bits;
    AddressClass kind;
};
// The first block that matches counts; an address in none is open. RFC 6890's table, and multicast (RFC 5771).
constexpr std::array<Block4, 15> blocks4 = {{
    {0x00000000, 8, AddressClass::loopback},     // "this host"
    {0x7f000000, 8, AddressClass::loopback},     //
    {0xa9fe0000, 16, AddressClass::link_local},  //
    {0x0a000000, 8, AddressClass::local},        // RFC 1918
    {0xac100000, 12, AddressClass::local},       //
    {0xc0a80000, 16, AddressClass::local},       //
    {0x64646464, 32, AddressClass::link_local},  // 100.100.100.100, the metadata server of a cloud
    {0x64400000, 10, AddressClass::local},       // RFC 6598, behind a carrier's NAT
    {0xc6120000, 15, AddressClass::local},       // RFC 2544, benchmarks
    {0xc0000000, 24, AddressClass::link_local},  // RFC 6890
    {0xc0000200, 24, AddressClass::link_local},  // documentation, RFC 5737
    {0xc6336400, 24, AddressClass::link_local},  //
    {0xcb007100, 24, AddressClass::link_local},  //
    {0xe0000000, 4, AddressClass::link_local},   // multicast
    {0xf0000000, 4, AddressClass::link_local},   // reserved, and 255.255.255.255
}};

AddressClass of_number(std::uint32_t address) {
    for (const Block4& block : blocks4)
        if (((address ^ block.network) >> (32 - block.bits)) == 0) return block.kind;
    return AddressClass::open;
}

std::uint32_t number_at(const std::array<std::uint8_t, 16>& bytes, std::size_t at) {
    return (std::uint32_t{bytes[at]} << 24) | (std::uint32_t{bytes[at + 1]} << 16) |
           (std::uint32_t{bytes[at + 2]} << 8) | bytes[at + 3];
}

bool begins(const std::array<std::uint8_t, 16>& bytes, std::initializer_list<std::uint8_t> with) {
    return std::equal(with.begin(), with.end(), bytes.begin());
}

AddressClass of_bytes(const std::array<std::uint8_t, 16>& bytes) {
    // IPv6 addresses that hold an IPv4 address: mapped and compatible (RFC 4291), NAT64 (RFC 6052, RFC 8215), 6to4 (RFC
    // 3056). "::" and "::1" are among them, as 0.0.0.0 and 0.0.0.1.
    if (begins(bytes, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}) ||
        begins(bytes, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}) || begins(bytes, {0, 0x64, 0xff, 0x9b}))
        return of_number(number_at(bytes, 12));
    if (begins(bytes, {0x20, 0x02})) return of_number(number_at(bytes, 2));
    // The metadata servers of two clouds have addresses in the private range.
    if (begins(bytes, {0xfd, 0x00, 0x0e, 0xc2}) || begins(bytes, {0xfd, 0x20, 0x00, 0xce}))
        return AddressClass::link_local;
    if ((bytes[0] & 0xfe) == 0xfc) return AddressClass::local;  // RFC 4193
    if ((bytes[0] & 0xe0) == 0x20) return AddressClass::open;   // 2000::/3, the only range in public use
    return AddressClass::link_local;
}

}  // namespace

AddressClass address_class(const sockaddr& address) {
    if (address.sa_family == AF_INET) {
        sockaddr_in four{};
        std::memcpy(&four, &address, sizeof four);
        return of_number(ntohl(four.sin_addr.s_addr));
    }
    if (address.sa_family != AF_INET6) return AddressClass::link_local;
    sockaddr_in6 six{};
    std::memcpy(&six, &address, sizeof six);
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &six.sin6_addr, bytes.size());
    return of_bytes(bytes);
}

std::optional<AddressClass> address_class(std::string_view text) {
    if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
    const std::string plain(text.substr(0, text.find('%')));  // without a zone (RFC 6874)
    std::array<std::uint8_t, 16> bytes{};
    if (::inet_pton(AF_INET6, plain.c_str(), bytes.data()) == 1) return of_bytes(bytes);
    in_addr four{};
    if (::inet_aton(plain.c_str(), &four) != 0) return of_number(ntohl(four.s_addr));
    return std::nullopt;
}

std::set<AddressClass> kept_out_by(std::optional<AddressClass> speaker) {
    std::set<AddressClass> out = {AddressClass::local, AddressClass::loopback, AddressClass::link_local};
    if (speaker && *speaker != AddressClass::link_local) out.erase(*speaker);
    return out;
}

}  // namespace tmplbuild::io
