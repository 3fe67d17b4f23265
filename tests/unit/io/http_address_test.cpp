// SPDX-License-Identifier: Apache-2.0
// Where a connection may not lead: judged by the address, whatever the name, and through proxies by the spelling.
#include <netdb.h>
#include <unistd.h>

#include <array>

#include "io/http.hpp"
#include "support/catch.hpp"
#include "support/fake_http_server.hpp"
#include "support/variable.hpp"

using namespace tmplbuild;
using namespace tmplbuild::io;
using namespace std::chrono_literals;

namespace {

HttpPatience quick() { return {.connect = 5s, .stall = 1s, .first_pause = 10ms, .longest_pause = 100ms}; }

HttpRequest to(const std::string& url, std::set<AddressClass> kept_out) {
    HttpRequest request{.url = url};
    request.kept_out = std::move(kept_out);
    return request;
}

// A name of this machine that resolves without "localhost" in it, and to what; nothing where there is none.
std::optional<std::pair<std::string, AddressClass>> own_name() {
    std::array<char, 256> name{};
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::gethostname(name.data(), name.size() - 1) != 0 || ::getaddrinfo(name.data(), "9", &hints, &found) != 0)
        return std::nullopt;
    const AddressClass kind = address_class(*found->ai_addr);
    ::freeaddrinfo(found);
    return std::pair{std::string(name.data()), kind};
}

}  // namespace

TEST_CASE("An address of a kind that is kept out is not connected to, and anything else is") {
    FakeHttpServer server;
    HttpClient client(quick());
    const auto refused = client.send(to(server.at("/hello"), {AddressClass::loopback}), {});
    REQUIRE_FALSE(refused);
    CHECK(is_kept_out(refused.error()));
    CHECK(refused.error().message == "'" + server.at("/hello") + "' leads to this machine itself, and is not asked");
    const auto allowed = client.send(to(server.at("/hello"), {AddressClass::link_local, AddressClass::local}), {});
    REQUIRE(allowed);
    CHECK(allowed->body == "hello");
    CHECK(allowed->peer == AddressClass::loopback);
    CHECK(server.requests(1).size() == 1);
}

TEST_CASE("A redirect to an address of a kind that is kept out is not followed") {
    FakeHttpServer server;
    HttpClient client(quick());
    const std::string inside = "http://169.254.169.254/latest/meta-data/";
    const auto refused =
        client.send(to(server.at("/redirect?to=" + inside), {AddressClass::link_local, AddressClass::local}), {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message ==
          "'" + inside + "' leads to addresses that no server may send anybody to, and is not asked");
}

TEST_CASE("A connection that was kept from a request without a rule is not used for one with a rule") {
    FakeHttpServer server;
    HttpClient client(quick());
    REQUIRE(client.send({.url = server.at("/hello")}, {}));
    CHECK_FALSE(client.send(to("http://localhost:" + server.port() + "/hello", {AddressClass::loopback}), {}));
    CHECK_FALSE(client.send(to(server.at("/hello"), {AddressClass::loopback}), {}));
}

TEST_CASE("A name is judged by the address that it leads to") {
    const auto own = own_name();
    if (!own) {
        WARN("this machine's name leads nowhere: not tested here");
        return;
    }
    HttpClient client(quick());
    const auto refused = client.send(to("http://" + own->first + ":9/", {own->second}), {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("/' leads to ") != std::string::npos);
}

TEST_CASE("Through a proxy the spelling alone is judged, and the peer is not known") {
    FakeHttpServer proxy;
    const Variable set("http_proxy", proxy.at(""));
    const Variable none("no_proxy", "");
    HttpClient client(quick());
    const std::set<AddressClass> inside = {AddressClass::link_local, AddressClass::local, AddressClass::loopback};
    const auto through = client.send(to("http://registry.invalid/hello", inside), {});
    REQUIRE(through);
    CHECK(through->body == "hello");
    CHECK(through->peer == std::nullopt);
    for (const char* url :
         {"http://10.0.0.1/hello", "http://localhost/hello", "http://[::1]/hello", "http://0x7f.1/hello"}) {
        INFO(url);
        CHECK_FALSE(client.send(to(url, inside), {}));
    }
    CHECK(proxy.requests(1).size() == 1);
}
