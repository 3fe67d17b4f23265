// SPDX-License-Identifier: Apache-2.0
// Methods, bodies that go up, bodies that come down piece by piece: what a registry asks of a client.
#include <fstream>

#include "base/json.hpp"
#include "io/http.hpp"
#include "support/catch.hpp"
#include "support/fake_http_server.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;
using namespace tmplbuild::io;
using namespace std::chrono_literals;

namespace {

HttpPatience short_patience() { return {.connect = 5s, .stall = 1s, .first_pause = 10ms, .longest_pause = 100ms}; }

FakeHttpServer& methods_server() {
    static FakeHttpServer one;
    return one;
}

json::object seen_by_echo(const Result<HttpResponse>& response) {
    REQUIRE(response);
    REQUIRE(response->status == 200);
    return json::parse(response->body, "echo").value().as_object();
}

std::string sha256_of(const std::string& text) { return Sha256::of(text).hex(); }

}  // namespace

TEST_CASE("every method arrives under its name, with its body") {
    HttpClient client(short_patience());
    const std::string text(3 << 20, 'x');
    for (const HttpMethod method : {HttpMethod::post, HttpMethod::put, HttpMethod::patch, HttpMethod::remove}) {
        HttpRequest request{.url = methods_server().at("/echo"), .method = method};
        INFO(to_string(method));
        json::object bare = seen_by_echo(client.send(request, {}));
        CHECK(bare["method"].as_string() == to_string(method));
        CHECK(bare["size"].as_int64() == 0);
        request.body = HttpBody::of(text);
        json::object full = seen_by_echo(client.send(request, {}));
        CHECK(full["method"].as_string() == to_string(method));
        CHECK(full["sha256"].as_string() == sha256_of(text));
        CHECK(full["headers"].as_object()["content-length"].as_string() == std::to_string(text.size()));
    }
    auto head = client.send({.url = methods_server().at("/hello"), .method = HttpMethod::head}, {});
    REQUIRE(head);
    CHECK(head->status == 200);
    CHECK(head->headers.at("content-length") == "5");
    CHECK(head->body.empty());
}

TEST_CASE("a part of a file goes up, and a file that became shorter is an error") {
    const sys::TempDirectory folder = sys::TempDirectory::make(std::filesystem::temp_directory_path(), "http-").value();
    const auto file = folder.path() / "blob";
    std::ofstream(file) << "0123456789";
    HttpClient client(short_patience());
    HttpRequest request{.url = methods_server().at("/echo"), .method = HttpMethod::put};
    request.body = HttpBody::of_file(file, 3, 4).value();
    CHECK(seen_by_echo(client.send(request, {}))["sha256"].as_string() == sha256_of("3456"));
    request.body = HttpBody::of_file(file, 3, 40).value();
    auto failed = client.send(request, {});
    REQUIRE_FALSE(failed);
    CHECK(failed.error().message.find("became shorter while it was sent") != std::string::npos);
}

TEST_CASE("a body is sent again from its beginning at a new try and at a redirect") {
    HttpClient client(short_patience());
    HttpRequest request{.url = methods_server().at("/redirect?status=307&to=/echo"), .method = HttpMethod::put};
    request.body = HttpBody::of("the body");
    json::object seen = seen_by_echo(client.send(request, {}));
    CHECK(seen["method"].as_string() == "PUT");
    CHECK(seen["sha256"].as_string() == sha256_of("the body"));
    request.url = methods_server().at("/status?status=500&times=2&for=put");
    CHECK(client.send(request, {}).value().body == "at last");
    // 303 says: go and look there.
    request.url = methods_server().at("/redirect?status=303&to=/echo");
    seen = seen_by_echo(client.send(request, {}));
    CHECK(seen["method"].as_string() == "GET");
    CHECK(seen["size"].as_int64() == 0);
}

TEST_CASE("what may have been done is not asked for twice") {
    HttpClient client(short_patience());
    // A PUT may be done twice, but not where the caller goes on with what the server has of it.
    for (const HttpMethod method : {HttpMethod::post, HttpMethod::patch, HttpMethod::put}) {
        HttpRequest request{.url = {}, .method = method};
        request.caller_goes_on = method == HttpMethod::put;
        request.body = HttpBody::of("once");
        const std::string name(to_string(method));
        request.url = methods_server().at("/status?status=500&times=1&for=" + name);
        CHECK(client.send(request, {}).value().status == 500);
        request.url = methods_server().at("/drop?times=1&for=" + name);
        CHECK_FALSE(client.send(request, {}));
        // These say that nothing was done. A caller that goes on asks the server what it has of the body all the same:
        // a proxy may say them of an upload that has taken gigabytes.
        for (const int status : {429, 503}) {
            request.url = methods_server().at("/status?times=2&for=" + name + "&status=" + std::to_string(status));
            CHECK(client.send(request, {}).value().status == (request.caller_goes_on ? status : 200));
        }
    }
}

TEST_CASE("what a caller goes on with is asked for again while no byte of a body was sent") {
    HttpClient client(short_patience());
    HttpRequest request{.url = methods_server().at("/status?status=503&times=2&for=empty"), .method = HttpMethod::put};
    request.caller_goes_on = true;
    CHECK(client.send(request, {}).value().status == 200);
}

TEST_CASE("a server may work on its answer as long as the request says, once all was sent") {
    HttpClient client(short_patience());
    HttpRequest request{.url = methods_server().at("/late?seconds=2.5"), .method = HttpMethod::put};
    request.caller_goes_on = true;
    if (GENERATE(true, false)) request.body = HttpBody::of("a body");
    if (request.body) CHECK_FALSE(client.send(request, {}));
    request.until_answer = 20s;
    CHECK(client.send(request, {}).value().status == 200);
    // An answer that has begun is waited for as any.
    request.method = HttpMethod::get;
    request.body.reset();
    request.url = methods_server().at("/stall?seconds=8");
    CHECK_FALSE(client.send(request, {}));
}

TEST_CASE("a body comes down piece by piece, and its sink can end it") {
    HttpClient client(short_patience());
    HttpRequest request{.url = methods_server().at("/big?size=3000000")};
    std::uint64_t size = 0, pieces = 0;
    auto got = client.stream(request,
                             [&](std::string_view data) -> Result<void> {
                                 size += data.size();
                                 ++pieces;
                                 return {};
                             },
                             {});
    REQUIRE(got);
    CHECK(size == 3000000);
    CHECK(pieces > 10);
    CHECK(got->body.empty());
    auto ended = client.stream(request, [](std::string_view) -> Result<void> { return build_error("enough"); }, {});
    REQUIRE_FALSE(ended);
    CHECK(ended.error().message == "enough");
    request.limit = 1000;
    auto large = client.stream(request, [](std::string_view) -> Result<void> { return {}; }, {});
    REQUIRE_FALSE(large);
    CHECK(large.error().message.find("larger than the limit") != std::string::npos);
}

TEST_CASE("what a sink has taken is never given again, and what was refused never reaches it") {
    HttpClient client(short_patience());
    std::string taken;
    const HttpBodySink sink = [&](std::string_view data) -> Result<void> {
        taken += data;
        return {};
    };
    CHECK_FALSE(client.stream({.url = methods_server().at("/big?size=100000&cuts=1&every=5000&for=stream")}, sink, {}));
    CHECK(taken.size() == 5000);
    taken.clear();
    CHECK(
        client.stream({.url = methods_server().at("/status?status=503&times=2&for=stream")}, sink, {}).value().status ==
        200);
    CHECK(taken == "at last");
    taken.clear();
    auto missing = client.stream({.url = methods_server().at("/status?status=404&for=stream")}, sink, {});
    REQUIRE(missing);
    CHECK(missing->status == 404);
    CHECK(missing->body == "not now");
    CHECK(taken.empty());
}
