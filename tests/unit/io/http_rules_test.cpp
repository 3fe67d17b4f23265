// SPDX-License-Identifier: Apache-2.0
// The rules that a request brings along: what goes to other hosts, where a redirect may lead, from which byte on, and
// what is said of pauses.
#include <vector>

#include "base/json.hpp"
#include "io/http.hpp"
#include "support/catch.hpp"
#include "support/fake_http_server.hpp"
#include "support/variable.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
using namespace tmplbuild::io;
using namespace std::chrono_literals;

namespace {

HttpPatience brief() { return {.connect = 5s, .stall = 1s, .first_pause = 10ms, .longest_pause = 1500ms}; }

FakeHttpServer& rules_server() {
    static FakeHttpServer one;
    return one;
}

json::object headers_seen(const Result<HttpResponse>& response) {
    REQUIRE(response);
    return json::parse(response->body, "echo").value().as_object().at("headers").as_object();
}

std::string bytes_of(std::size_t size) {  // as the server makes them
    std::string out;
    for (int n = 0; out.size() < size; ++n) {
        std::string line = std::to_string(n);
        line.insert(0, 15 - line.size(), '0');
        out += line + "\n";
    }
    return out.substr(0, size);
}

}  // namespace

TEST_CASE("what is said openly goes along a redirect to another host, and nothing else does") {
    HttpClient client(brief());
    FakeHttpServer other;
    HttpRequest request{.url = rules_server().at("/redirect?to=" + other.at("/echo"))};
    request.headers = {{"Authorization", "Bearer secret"}, {"X-Own", "1"}};
    request.open_headers = {{"Accept", "application/json"}};
    const json::object seen = headers_seen(client.send(request, {}));
    CHECK(seen.at("accept").as_string() == "application/json");
    CHECK_FALSE(seen.contains("authorization"));
    CHECK_FALSE(seen.contains("x-own"));
}

TEST_CASE("a redirect that the request's rule refuses is not followed") {
    HttpClient client(brief());
    FakeHttpServer other;
    HttpRequest request{.url = rules_server().at("/redirect?to=" + other.at("/hello"))};
    std::vector<std::string> asked;
    request.may_redirect = [&](const std::string& url) -> Result<void> {
        asked.push_back(url);
        return network_error("not there");
    };
    const auto refused = client.send(request, {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message == "not there");
    CHECK(asked == std::vector<std::string>{other.at("/hello")});
    CHECK(other.requests(0).empty());
}

TEST_CASE("a redirect that stays near leads to the first server's kind of network or to the internet") {
    HttpClient client(brief());
    for (const char* inside : {"http://169.254.169.254/latest", "http://10.0.0.1/x", "http://[fd00:ec2::254]/"}) {
        INFO(inside);
        HttpRequest request{.url = rules_server().at(std::string("/redirect?to=") + inside)};
        request.redirects_stay_near = true;
        const auto refused = client.send(request, {});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().message.find("' leads to ") != std::string::npos);
    }
    HttpRequest near{.url = rules_server().at("/redirect?to=/hello")};
    near.redirects_stay_near = true;
    CHECK(client.send(near, {}).value().body == "hello");
    CHECK(kept_out_by(AddressClass::open) ==
          std::set{AddressClass::local, AddressClass::loopback, AddressClass::link_local});
    CHECK(kept_out_by(std::nullopt) == kept_out_by(AddressClass::open));
    CHECK(kept_out_by(AddressClass::local) == std::set{AddressClass::loopback, AddressClass::link_local});
    CHECK(kept_out_by(AddressClass::link_local) == kept_out_by(AddressClass::open));
}

TEST_CASE("a connection is kept for the next request of the same rule") {
    HttpClient client(brief());
    HttpRequest request{.url = rules_server().at("/connection")};
    request.kept_out = {AddressClass::link_local};
    const std::string first = client.send(request, {}).value().body;
    CHECK(client.send(request, {}).value().body == first);
    request.kept_out = {};
    CHECK(client.send(request, {}).value().body != first);
}

TEST_CASE("a body is had from its middle on, whether the server knows ranges or not") {
    HttpClient client(brief());
    for (const char* ranges : {"", "&ranges=no"}) {
        INFO(ranges);
        HttpRequest request{.url = rules_server().at(std::string("/big?size=30000") + ranges)};
        request.as_it_lies = true;
        request.first_byte = 12345;
        std::string got;
        const auto response = client.stream(request,
                                            [&](std::string_view data) -> Result<void> {
                                                got += data;
                                                return {};
                                            },
                                            {});
        REQUIRE(response);
        CHECK(response->status == (*ranges == '\0' ? 206 : 200));
        CHECK(got == bytes_of(30000).substr(12345));
    }
    HttpRequest wrong{.url = rules_server().at("/big?size=30000&ranges=wrong")};
    wrong.first_byte = 5;
    const auto refused = client.stream(wrong, [](std::string_view) -> Result<void> { return {}; }, {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("another range") != std::string::npos);
}

TEST_CASE("bytes as they lie are asked for without a coding, and netrc is left out where the request says so") {
    HttpClient client(brief());
    const sys::TempDirectory folder =
        sys::TempDirectory::make(std::filesystem::temp_directory_path(), "rules-").value();
    REQUIRE(sys::write_file_atomic(folder.path() / "netrc", "machine 127.0.0.1 login me password word\n", 0600));
    const Variable netrc("NETRC", folder.path() / "netrc");
    HttpRequest request{.url = rules_server().at("/echo")};
    const json::object usual = headers_seen(client.send(request, {}));
    CHECK(usual.contains("accept-encoding"));
    CHECK(usual.contains("authorization"));
    request.as_it_lies = true;
    request.netrc = false;
    const json::object plain = headers_seen(client.send(request, {}));
    CHECK_FALSE(plain.contains("accept-encoding"));
    CHECK_FALSE(plain.contains("authorization"));
}

TEST_CASE("a pause is told before it begins, and a server that asks for a longer one is not asked again") {
    HttpClient client(brief());
    std::vector<HttpPause> told;
    HttpRequest request{.url = rules_server().at("/status?status=429&times=1&after=1&for=told")};
    request.on_pause = [&](const HttpPause& pause) { told.push_back(pause); };
    CHECK(client.send(request, {}).value().status == 200);
    REQUIRE(told.size() == 1);
    CHECK(told[0].length == 1s);
    CHECK(told[0].status == 429);
    CHECK(told[0].is_asked_for);
    request.url = rules_server().at("/status?status=429&times=1&after=9&for=longer");
    const auto busy = client.send(request, {});
    CHECK(busy.value().status == 429);
    CHECK(busy.value().headers.at("retry-after") == "9");
    CHECK(told.size() == 1);
}

TEST_CASE("headers without end and lines within a header are refused") {
    HttpClient client(brief());
    CHECK(client.send({.url = rules_server().at("/headers?lines=50")}, {}).value().status == 200);
    HttpRequest split{.url = rules_server().at("/echo"), .headers = {{"X-One", "1\r\nX-Two: 2"}}};
    const auto refused = client.send(split, {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("has a line end in it") != std::string::npos);
    const auto large = client.send({.url = rules_server().at("/headers?lines=400")}, {});
    REQUIRE_FALSE(large);
}
