// SPDX-License-Identifier: Apache-2.0
#include "io/address.hpp"

#include <netdb.h>

#include <string>
#include <tuple>

#include "support/catch.hpp"

using namespace tmplbuild;
using io::AddressClass;

TEST_CASE("An address belongs to the network that its number says, however it is written") {
    const std::tuple<const char*, AddressClass> rows[] = {
        {"8.8.8.8", AddressClass::open},
        {"1.1.1.1", AddressClass::open},
        {"172.32.0.1", AddressClass::open},
        {"192.169.0.1", AddressClass::open},
        {"100.128.0.1", AddressClass::open},
        {"2606:4700::1111", AddressClass::open},
        {"10.0.0.1", AddressClass::local},
        {"172.16.0.1", AddressClass::local},
        {"172.31.255.255", AddressClass::local},
        {"192.168.1.1", AddressClass::local},
        {"100.64.0.1", AddressClass::local},
        {"fc00::1", AddressClass::local},
        {"fd12:3456::1", AddressClass::local},
        {"::ffff:10.0.0.1", AddressClass::local},
        {"64:ff9b::a00:1", AddressClass::local},
        {"2002:0a00:0001::", AddressClass::local},
        {"127.0.0.1", AddressClass::loopback},
        {"127.255.0.7", AddressClass::loopback},
        {"0.0.0.0", AddressClass::loopback},
        {"::1", AddressClass::loopback},
        {"[::1]", AddressClass::loopback},
        {"::", AddressClass::loopback},
        {"::ffff:127.0.0.1", AddressClass::loopback},
        {"0x7f.1", AddressClass::loopback},
        {"2130706433", AddressClass::loopback},
        {"0177.0.0.1", AddressClass::loopback},
        {"169.254.169.254", AddressClass::link_local},
        {"0xa9fea9fe", AddressClass::link_local},
        {"::ffff:169.254.169.254", AddressClass::link_local},
        {"fe80::1", AddressClass::link_local},
        {"fe80::1%eth0", AddressClass::link_local},
        {"fd00:ec2::254", AddressClass::link_local},
        {"100.100.100.100", AddressClass::link_local},
        {"224.0.0.1", AddressClass::link_local},
        {"255.255.255.255", AddressClass::link_local},
        {"ff02::1", AddressClass::link_local},
    };
    for (const auto& [text, expected] : rows) {
        INFO(text);
        CHECK(io::address_class(text) == expected);
    }
    for (const char* name : {"", "localhost", "example.org", "127.0.0.1.nip.io", "a.b", "256.0.0.1", ":::"}) {
        INFO(name);
        CHECK(io::address_class(std::string_view(name)) == std::nullopt);
    }
}

TEST_CASE("A socket's address is judged as its text is") {
    for (const char* text : {"8.8.8.8", "10.1.2.3", "127.0.0.1", "169.254.1.1", "::1", "2606:4700::1111", "fe80::1"}) {
        addrinfo hints{};
        hints.ai_flags = AI_NUMERICHOST;
        addrinfo* found = nullptr;
        REQUIRE(::getaddrinfo(text, "443", &hints, &found) == 0);
        INFO(text);
        CHECK(io::address_class(*found->ai_addr) == io::address_class(text));
        ::freeaddrinfo(found);
    }
    const sockaddr other{.sa_family = AF_UNIX, .sa_data = {}};
    CHECK(io::address_class(other) == AddressClass::link_local);
}
