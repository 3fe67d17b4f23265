// SPDX-License-Identifier: Apache-2.0
// How a session gets in: as nobody, by name and password, by tokens and their renewal, and what ends it.
#include "registry/session.hpp"

#include <atomic>
#include <barrier>
#include <thread>

#include "fake_registry.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::registry;

namespace {

Reference reference(const std::string& text) { return Reference::parse(text).value(); }

const Request some_manifest{.path = "manifests/1"};

std::string authorization_of(const io::HttpRequest& request) {
    const auto at = request.headers.find("Authorization");
    return at == request.headers.end() ? "" : at->second;
}

}  // namespace

TEST_CASE("a registry that asks for nothing gets one request and no login") {
    FakeRegistry fake;
    fake.log_in("ghcr.io", "me:hunter2");
    fake.protect("manifest", {""});
    const Client client = fake.client();
    Session session(client, reference("ghcr.io/me/x:1"), Access::pull);
    CHECK(session.send(some_manifest, {}).value().body == "manifest");
    REQUIRE(fake.seen.size() == 1);
    CHECK(fake.seen[0].url == "https://ghcr.io/v2/me/x/manifests/1");
    CHECK(fake.seen[0].headers.empty());
    CHECK_FALSE(fake.seen[0].netrc);
    CHECK(fake.seen[0].as_it_lies);
    CHECK(fake.seen[0].redirects_stay_near);
    CHECK(fake.seen[0].kept_out == std::set{io::AddressClass::link_local});
}

TEST_CASE("a name and a password are said once asked for, and from then on") {
    FakeRegistry fake;
    fake.challenge = "Basic realm=\"x\"";
    fake.log_in("ghcr.io", "me:hunter2");
    const std::string basic = "Basic " + base64("me:hunter2");
    fake.protect("manifest", {basic});
    const Client client = fake.client();
    Session session(client, reference("ghcr.io/me/x:1"), Access::pull);
    CHECK(session.send(some_manifest, {}).value().status == 200);
    CHECK(session.send(some_manifest, {}).value().status == 200);
    REQUIRE(fake.seen.size() == 3);
    CHECK(authorization_of(fake.seen[0]).empty());
    CHECK(authorization_of(fake.seen[2]) == basic);
    CHECK(fake.seen[2].open_headers.empty());
    CHECK(fake.tokens == 0);
}

TEST_CASE("a login that is refused ends after one retry, and so does one that is not there") {
    FakeRegistry fake;
    fake.challenge = "Basic realm=\"x\"";
    fake.protect("manifest", {});
    const Client nobody = fake.client();
    Session anonymous(nobody, reference("ghcr.io/me/x:1"), Access::pull);
    const auto none = anonymous.send(some_manifest, {});
    REQUIRE_FALSE(none);
    CHECK(none.error().kind == ErrorKind::network);
    CHECK(none.error().message == "the registry ghcr.io asks for a login, and there is none for ghcr.io/me/x");
    CHECK(none.error().hint.find("docker login ghcr.io") != std::string::npos);
    CHECK(fake.seen.size() == 1);
    fake.seen.clear();
    fake.log_in("ghcr.io", "me:hunter2");
    const Client client = fake.client();
    Session session(client, reference("ghcr.io/me/x:1"), Access::pull);
    const auto wrong = session.send(some_manifest, {});
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().message.find("authentication required") != std::string::npos);
    CHECK(wrong.error().hint == "the login in 'DOCKER_AUTH_CONFIG' is wrong, has ended, or may not do that");
    CHECK(fake.seen.size() == 2);
}

TEST_CASE("a token is asked for with service, scopes and login, and used until the registry wants another") {
    FakeRegistry fake;
    fake.log_in("ghcr.io", "me:hunter2");
    fake.protect("manifest", {"Bearer t1"});
    const Client client = fake.client();
    Session session(client, reference("ghcr.io/me/x:1"), Access::push);
    session.also_pull_from("me/base");
    CHECK(session.send(some_manifest, {}).value().status == 200);
    CHECK(session.send(some_manifest, {}).value().status == 200);
    REQUIRE(fake.seen.size() == 4);
    CHECK(fake.seen[1].url ==
          "https://auth.example.org/token?service=example&scope=repository%3Ame%2Fbase%3Apull&"
          "scope=repository%3Ame%2Fx%3Apull%2Cpush&account=me");
    CHECK(authorization_of(fake.seen[1]) == "Basic " + base64("me:hunter2"));
    CHECK(fake.seen[1].open_headers.empty());
    // The registry forgets the token in the middle.
    fake.token_reply = R"({"access_token":"t2"})";
    fake.protect("more", {"Bearer t2"});
    CHECK(session.send(some_manifest, {}).value().body == "more");
    CHECK(fake.tokens == 2);
    fake.protect("nothing", {});
    const auto ended = session.send(some_manifest, {});
    REQUIRE_FALSE(ended);
    CHECK(fake.tokens == 3);
}

TEST_CASE("a token is asked for as nobody, too, and by an identity token") {
    FakeRegistry fake;
    fake.protect("manifest", {"Bearer t1"});
    const Client nobody = fake.client();
    Session anonymous(nobody, reference("debian:12"), Access::pull);
    CHECK(anonymous.send(some_manifest, {}).value().status == 200);
    CHECK(fake.seen[0].url == "https://registry-1.docker.io/v2/library/debian/manifests/1");
    CHECK(fake.seen[1].url ==
          "https://auth.example.org/token?service=example&scope=repository%3Alibrary%2Fdebian%3Apull");
    CHECK(fake.seen[1].headers.empty());
    fake.seen.clear();
    fake.variables["DOCKER_AUTH_CONFIG"] = R"({"auths":{"ghcr.io":{"identitytoken":"id+1"}}})";
    const Client client = fake.client();
    Session session(client, reference("ghcr.io/me/x"), Access::pull);
    CHECK(session.send(some_manifest, {}).value().status == 200);
    REQUIRE(fake.seen.size() == 3);
    CHECK(fake.seen[1].method == io::HttpMethod::post);
    CHECK(fake.seen[1].url == "https://auth.example.org/token");
    std::string form(fake.seen[1].body->size, '\0');
    REQUIRE(fake.seen[1].body->read(0, std::as_writable_bytes(std::span(form))));
    CHECK(form ==
          "grant_type=refresh_token&client_id=tmplbuild&service=example&scope=repository%3Ame%2Fx%3Apull&"
          "refresh_token=id%2B1");
}

TEST_CASE("a token that the login holds already is shown as it is") {
    FakeRegistry fake;
    fake.variables["DOCKER_AUTH_CONFIG"] = R"({"auths":{"ghcr.io":{"registrytoken":"rt"}}})";
    fake.protect("manifest", {"Bearer rt"});
    const Client client = fake.client();
    Session session(client, reference("ghcr.io/me/x"), Access::pull);
    CHECK(session.send(some_manifest, {}).value().status == 200);
    CHECK(fake.tokens == 0);
}

TEST_CASE("a login that is a token and is not taken any more says nothing to a token server") {
    FakeRegistry fake;
    fake.variables["DOCKER_AUTH_CONFIG"] = R"({"auths":{"ghcr.io":{"registrytoken":"rt"}}})";
    fake.protect("manifest", {"Bearer rt"});
    const Client client = fake.client();
    Session session(client, reference("ghcr.io/me/x"), Access::pull);
    REQUIRE(session.send(some_manifest, {}));
    fake.protect("manifest", {});
    const auto refused = session.send(some_manifest, {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("does not take the login") != std::string::npos);
    CHECK(fake.tokens == 0);
}

TEST_CASE("a token is renewed before it ends") {
    FakeRegistry fake;
    fake.token_reply = R"({"token":"t1","expires_in":1})";
    fake.protect("manifest", {"Bearer t1", "Bearer t2"});
    const Client client = fake.client();
    Session session(client, reference("ghcr.io/me/x"), Access::pull);
    CHECK(session.send(some_manifest, {}).value().status == 200);
    fake.token_reply = R"({"token":"t2","expires_in":300})";
    std::this_thread::sleep_for(std::chrono::milliseconds(950));
    CHECK(session.send(some_manifest, {}).value().status == 200);
    CHECK(authorization_of(fake.seen.back()) == "Bearer t2");
    CHECK(fake.seen.size() == 5);  // no 401 in between
}

TEST_CASE("several threads get in by one token") {
    FakeRegistry fake;
    fake.answer = [&fake](const io::HttpRequest&, const std::string& authorization) {
        if (!authorization.empty()) return io::HttpResponse{.status = 200, .headers = {}, .body = {}, .final_url = {}};
        // Long enough for all of them to have asked as nobody.
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        return fake.unauthorized();
    };
    const Client client = fake.client();
    Session session(client, reference("ghcr.io/me/x"), Access::pull);
    std::atomic<int> good = 0;
    {
        std::vector<std::jthread> threads;
        for (int n = 0; n < 4; ++n)
            threads.emplace_back([&] { good += session.send(some_manifest, {}).value().status == 200; });
    }
    CHECK(good == 4);
    CHECK(fake.tokens == 1);
}

TEST_CASE("several threads that need a login that is not to be had have one answer") {
    // All have asked as nobody before the first is told to log in.
    struct GatheringHttp : FakeHttp {
        Result<io::HttpResponse> send(const io::HttpRequest& request, std::stop_token stop) override {
            if (request.url.find("/token") == std::string::npos) all_asked.arrive_and_wait();
            return FakeHttp::send(request, std::move(stop));
        }
        std::barrier<> all_asked{4};
    } http;
    FakeRegistry fake;
    fake.protect("manifest", {});
    int tokens = 0;  // one at a time
    http.answer_by = [&](const io::HttpRequest& request) -> std::optional<Result<io::HttpResponse>> {
        if (request.url.find("/token") == std::string::npos) return fake.unauthorized();
        ++tokens;
        return network_error("connection refused");
    };
    Client client{.http = http, .runner = fake.helper};
    SECTION("the token server is away") {}
    SECTION("the credential helper fails") {
        fake.helper.answer.exit_code = 1;
        fake.variables["DOCKER_AUTH_CONFIG"] = R"({"credsStore":"broken"})";
        client.environment = fake.client().environment;
    }
    Session session(client, reference("ghcr.io/me/x"), Access::pull);
    std::atomic<int> refused = 0;
    const auto ask_four_times = [&] {
        std::vector<std::jthread> threads;
        for (int n = 0; n < 4; ++n) threads.emplace_back([&] { refused += !session.send(some_manifest, {}); });
    };
    ask_four_times();
    CHECK(refused == 4);
    CHECK(tokens + static_cast<int>(fake.helper.asked.size()) == 1);
    ask_four_times();
    CHECK(refused == 8);
    CHECK(tokens + static_cast<int>(fake.helper.asked.size()) == 2);  // who comes later asks again
}

TEST_CASE("several threads that look for a registry that is not there have one answer") {
    FakeRegistry fake;
    int asked = 0;  // one at a time
    fake.http.answer_by = [&](const io::HttpRequest&) -> std::optional<Result<io::HttpResponse>> {
        ++asked;
        return network_error("connection refused");
    };
    const Client client = fake.client();
    Session session(client, reference("127.0.0.1:5000/me/x"), Access::pull);
    std::atomic<int> refused = 0;
    {
        std::vector<std::jthread> threads;
        for (int n = 0; n < 4; ++n) threads.emplace_back([&] { refused += !session.send(some_manifest, {}); });
    }
    CHECK(refused == 4);
    CHECK(asked == 2);  // by http and by https
    Session other(client, reference("127.0.0.1:5000/me/x"), Access::pull);
    CHECK_FALSE(other.send(some_manifest, {}));
    CHECK(asked == 4);
}

TEST_CASE("a stop while a registry on loopback is looked for is no answer to the next request") {
    FakeRegistry fake;
    fake.answer = [](const io::HttpRequest&, const std::string&) {
        return io::HttpResponse{.status = 200, .headers = {}, .body = {}, .final_url = {}};
    };
    const Client client = fake.client();
    Session session(client, reference("127.0.0.1:5000/me/x"), Access::pull);
    std::stop_source stop;
    stop.request_stop();
    CHECK_FALSE(session.send(some_manifest, stop.get_token()));
    CHECK(session.send(some_manifest, {}));
}

TEST_CASE("a token server that answers with no token is refused in words") {
    FakeRegistry fake;
    fake.protect("manifest", {});
    const Client client = fake.client();
    for (const char* reply : {"", "[]", R"({"token":""})", R"({"token":"a b"})", R"({"token":"a\r\nX-Evil: 1"})",
                              R"({"token":7})", R"({"tok":"x"})"}) {
        INFO(reply);
        fake.token_reply = reply;
        Session session(client, reference("ghcr.io/me/x"), Access::pull);
        const auto refused = session.send(some_manifest, {});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().message.find("auth.example.org/token") != std::string::npos);
    }
}

TEST_CASE("an upload is begun again from its beginning after a 401") {
    FakeRegistry fake;
    fake.protect("done", {"Bearer t1"});
    const Client client = fake.client();
    Session session(client, reference("ghcr.io/me/x"), Access::push);
    Request put{.path = "manifests/1", .method = io::HttpMethod::put};
    put.headers["Content-Type"] = "application/json";
    put.body = io::HttpBody::of("{}");
    CHECK(session.send(put, {}).value().body == "done");
    CHECK(fake.seen[2].body->size == 2);
    CHECK(fake.seen[2].open_headers.at("Content-Type") == "application/json");
}
