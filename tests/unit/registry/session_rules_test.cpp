// SPDX-License-Identifier: Apache-2.0
// Where a registry may lead its client, in the clear or not, and what of it all is shown.
#include "fake_registry.hpp"
#include "registry/session.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::registry;
using io::AddressClass;

namespace {

Reference reference_of(const std::string& text) { return Reference::parse(text).value(); }
const Request manifest_request{.path = "manifests/1"};

Error error_at(FakeRegistry& fake, const std::string& image) {
    const Client client = fake.client();
    Session session(client, reference_of(image), Access::pull);
    const auto response = session.send(manifest_request, {});
    return response ? Error{.message = "no error"} : response.error();
}

std::string url_of_token(const FakeRegistry& fake) {
    for (const io::HttpRequest& request : fake.seen)
        if (request.url.find("/token") != std::string::npos) return request.url;
    return {};
}

const io::HttpRequest& token_request(const FakeRegistry& fake) {
    for (const io::HttpRequest& request : fake.seen)
        if (request.url.find("/token") != std::string::npos) return request;
    FAIL("no token was asked for");
    return fake.seen[0];
}

}  // namespace

TEST_CASE("a realm may lead to the internet and to the registry's own kind of network, and nowhere else") {
    const std::pair<std::optional<AddressClass>, std::set<AddressClass>> rows[] = {
        {AddressClass::open, {AddressClass::local, AddressClass::loopback, AddressClass::link_local}},
        {AddressClass::local, {AddressClass::loopback, AddressClass::link_local}},
        {AddressClass::loopback, {AddressClass::local, AddressClass::link_local}},
        {std::nullopt, {AddressClass::local, AddressClass::loopback, AddressClass::link_local}},
    };
    for (const auto& [peer, kept_out] : rows) {
        FakeRegistry fake;
        fake.peer = peer;
        fake.protect("", {"Bearer t1"});
        CHECK(error_at(fake, "registry.example.org/x").message == "no error");
        CHECK(token_request(fake).kept_out == kept_out);
    }
}

TEST_CASE("a realm that is not https is asked only where plain http is allowed") {
    FakeRegistry fake;
    fake.log_in("ghcr.io", "me:hunter2");
    fake.protect("", {"Bearer t1"});
    for (const char* realm : {"http://auth.example.org/token", "ftp://auth.example.org/token", "file:///token", "",
                              "token", "http://auth.example.org.evil.org/token"}) {
        INFO(realm);
        fake.challenge = std::string("Bearer realm=\"") + realm + "\"";
        const Error refused = error_at(fake, "ghcr.io/me/x");
        CHECK(refused.message != "no error");
        CHECK(fake.tokens == 0);
    }
    fake.challenge = R"(Bearer realm="http://auth.example.org/token")";
    fake.plain_http = {"auth.example.org"};
    CHECK(error_at(fake, "ghcr.io/me/x").message == "no error");
    CHECK(fake.tokens == 1);
}

TEST_CASE("a login that stands in a realm's URL is not taken over") {
    FakeRegistry fake;
    fake.protect("", {"Bearer t1"});
    fake.challenge = R"(Bearer realm="https://other:word@auth.example.org/token#x")";
    CHECK(error_at(fake, "ghcr.io/me/x").message == "no error");
    CHECK(url_of_token(fake).starts_with("https://auth.example.org/token?"));
}

TEST_CASE("a token server may not send its guests elsewhere") {
    FakeRegistry fake;
    fake.protect("", {"Bearer t1"});
    CHECK(error_at(fake, "ghcr.io/me/x").message == "no error");
    const auto& may = token_request(fake).may_redirect;
    REQUIRE(may);
    CHECK(may("https://auth.example.org/other"));
    CHECK(may("https://auth.example.org:443/other"));
    for (const char* url :
         {"https://evil.org/token", "http://auth.example.org/token", "https://auth.example.org:8443/x"})
        CHECK_FALSE(may(url));
}

TEST_CASE("a redirect leads to https, or where plain http is allowed") {
    FakeRegistry fake;
    fake.plain_http = {"cdn.local"};
    fake.protect("", {""});
    const Client client = fake.client();
    Session session(client, reference_of("ghcr.io/me/x"), Access::pull);
    REQUIRE(session.send(manifest_request, {}));
    const auto& may = fake.seen[0].may_redirect;
    REQUIRE(may);
    CHECK(may("https://cdn.example.org/x"));
    CHECK(may("http://cdn.local:8080/x"));
    CHECK(may("http://127.0.0.1:9/x"));  // judged by its address where the socket is opened
    for (const char* url : {"http://cdn.example.org/x", "http://cdn.local.evil.org/x", "http://ghcr.io/x"})
        CHECK_FALSE(may(url));
}

TEST_CASE("plain http is spoken to loopback addresses and to hosts that were named") {
    FakeRegistry fake;
    fake.plain_http = {"registry.local", "other.local:5000"};
    fake.protect("", {""});
    const std::pair<const char*, const char*> rows[] = {
        {"registry.local/x", "http://registry.local/v2/x/manifests/1"},
        {"registry.local:5001/x", "http://registry.local:5001/v2/x/manifests/1"},
        {"other.local:5000/x", "http://other.local:5000/v2/x/manifests/1"},
        {"other.local/x", "https://other.local/v2/x/manifests/1"},
        {"other.local:5001/x", "https://other.local:5001/v2/x/manifests/1"},
        {"127.0.0.1:5000/x", "http://127.0.0.1:5000/v2/x/manifests/1"},
        {"localhost:5000/x", "http://localhost:5000/v2/x/manifests/1"},
        {"[::1]:5000/x", "http://[::1]:5000/v2/x/manifests/1"},
        {"10.0.0.1:5000/x", "https://10.0.0.1:5000/v2/x/manifests/1"},
        {"registry.local.evil.org/x", "https://registry.local.evil.org/v2/x/manifests/1"},
    };
    for (const auto& [image, url] : rows) {
        INFO(image);
        CHECK(error_at(fake, image).message == "no error");
        CHECK(fake.seen.back().url == url);
    }
}

TEST_CASE("a loopback registry that wants TLS gets it") {
    FakeRegistry fake;
    fake.answer = [](const io::HttpRequest& request, const std::string&) {
        return io::HttpResponse{
            .status = request.url.starts_with("https:") ? 200 : 400, .headers = {}, .body = {}, .final_url = {}};
    };
    CHECK(error_at(fake, "localhost:5000/x").message == "no error");
    CHECK(fake.seen.back().url == "https://localhost:5000/v2/x/manifests/1");
}

TEST_CASE("a loopback registry that breaks plain http off gets TLS, and one that is away is told as it is") {
    FakeRegistry fake;
    const Client client = fake.client();
    bool has_tls = true;
    fake.http.answer_by = [&](const io::HttpRequest& request) -> std::optional<Result<io::HttpResponse>> {
        fake.seen.push_back(request);
        if (request.url.starts_with("http:")) return network_error("the server closed the connection");
        if (!has_tls) return network_error("no TLS");
        return io::HttpResponse{.status = 200, .headers = {}, .body = {}, .final_url = {}};
    };
    Session session(client, reference_of("localhost:5000/x"), Access::pull);
    REQUIRE(session.send(manifest_request, {}));
    CHECK(fake.seen[0].caller_goes_on);  // it is not asked four times before
    CHECK(fake.seen.back().url == "https://localhost:5000/v2/x/manifests/1");
    has_tls = false;
    Session away(client, reference_of("localhost:5000/x"), Access::pull);
    const auto failed = away.send(manifest_request, {});
    REQUIRE_FALSE(failed);
    CHECK(failed.error().message == "the server closed the connection");
}

TEST_CASE("where an upload goes on elsewhere, it goes without login and token") {
    FakeRegistry fake;
    fake.log_in("ghcr.io", "me:hunter2");
    fake.protect("", {"Bearer t1"});
    const Client client = fake.client();
    Session session(client, reference_of("ghcr.io/me/x"), Access::push);
    REQUIRE(session.send(manifest_request, {}));
    const auto went_on_at = [&](const std::string& where) {
        const io::HttpResponse begun{.status = 202,
                                     .headers = {{"location", where}},
                                     .body = {},
                                     .final_url = "https://ghcr.io/v2/me/x/blobs/uploads/"};
        return session.location(begun);
    };
    for (const char* own : {"/v2/me/x/blobs/uploads/1?state=a", "https://ghcr.io/v2/me/x/blobs/uploads/1?state=a",
                            "https://ghcr.io:443/v2/me/x/blobs/uploads/1?state=a"}) {
        INFO(own);
        REQUIRE(went_on_at(own));
        (void)session.send({.path = went_on_at(own).value(), .method = io::HttpMethod::put}, {});
        CHECK(fake.seen.back().headers.at("Authorization") == "Bearer t1");
    }
    for (const char* other : {"https://ghcr.io:8443/u", "https://evil.org/u", "https://ghcr.io.evil.org/u"}) {
        INFO(other);
        (void)session.send({.path = went_on_at(other).value(), .method = io::HttpMethod::put}, {});
        CHECK(fake.seen.back().headers.empty());
        CHECK(fake.seen.back().kept_out ==
              std::set{AddressClass::local, AddressClass::loopback, AddressClass::link_local});
    }
    CHECK_FALSE(went_on_at("http://ghcr.io/u"));
    CHECK_FALSE(went_on_at("file:///etc/passwd"));
    CHECK_FALSE(went_on_at(""));
    // Another host that asks for a login gets none, and its 401 is what it is.
    fake.protect("", {});
    const int tokens = fake.tokens;
    CHECK(session.send({.path = "https://evil.org/u"}, {}).value().status == 401);
    CHECK(fake.tokens == tokens);
}

TEST_CASE("a login that another host asks for after a redirect is not given") {
    FakeRegistry fake;
    fake.log_in("ghcr.io", "me:hunter2");
    fake.answer = [&fake](const io::HttpRequest&, const std::string&) {
        io::HttpResponse out = fake.unauthorized();
        out.final_url = "https://evil.org/v2/me/x/manifests/1";
        return out;
    };
    const Error refused = error_at(fake, "ghcr.io/me/x");
    CHECK(refused.message.find("evil.org") != std::string::npos);
    CHECK(fake.seen.size() == 1);
}

TEST_CASE("no form of a login is told by a refusal: coded, cut in its middle, or as the name that was used") {
    FakeRegistry fake;
    fake.challenge = "Basic realm=\"x\"";
    fake.log_in("ghcr.io", "token-7f3a:token-7f3a");
    const auto said = [&](const std::string& message) {
        fake.answer = [&fake, message](const io::HttpRequest&, const std::string& authorization) {
            if (authorization.empty()) return fake.unauthorized();
            return io::HttpResponse{.status = 403,
                                    .headers = {},
                                    .body = R"({"errors":[{"code":"DENIED","message":")" + message + R"("}]})",
                                    .final_url = {}};
        };
        const Client client = fake.client();
        Session session(client, reference_of("ghcr.io/me/x"), Access::pull);
        const auto response = session.send(manifest_request, {});
        REQUIRE(response);
        const Error error = session.refused("it", *response);
        return error.message + error.hint;
    };
    CHECK(said("bad " + base64("token-7f3a:token-7f3a")).find(base64("token-7f3a")) == std::string::npos);
    CHECK(said(std::string(295, 'x') + "token-7f3a").find("token") == std::string::npos);
    CHECK(said("no").find("token-7f3a") == std::string::npos);
}

TEST_CASE("a login that a registry puts into an address is not told by the error about that address") {
    FakeRegistry fake;
    fake.challenge = "Basic realm=\"x\"";
    fake.log_in("ghcr.io", "me:hunter2");
    fake.protect("", {"Basic " + base64("me:hunter2")});
    const Client client = fake.client();
    Session session(client, reference_of("ghcr.io/me/x"), Access::pull);
    REQUIRE(session.send(manifest_request, {}));
    for (const char* where : {"ftp://x/hunter2", "http://x/hunter2"}) {
        const auto next = session.location(
            {.status = 202, .headers = {{"location", where}}, .body = {}, .final_url = "https://ghcr.io/"});
        REQUIRE_FALSE(next);
        CHECK(next.error().to_string().find("hunter2") == std::string::npos);
    }
    fake.http.answer_by = [](const io::HttpRequest&) -> std::optional<Result<io::HttpResponse>> {
        return network_error("'ftp://x/hunter2' is not an http or https URL").while_doing("asking hunter2");
    };
    const auto refused = session.send(manifest_request, {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().to_string().find("hunter2") == std::string::npos);
    // What a server asks for after a login, too.
    fake.challenge = R"(Bearer realm="ftp://x/hunter2")";
    fake.http.answer_by = [&fake](const io::HttpRequest&) -> std::optional<Result<io::HttpResponse>> {
        return fake.unauthorized();
    };
    const auto asked = session.send(manifest_request, {});
    REQUIRE_FALSE(asked);
    CHECK(asked.error().to_string().find("hunter2") == std::string::npos);
}

TEST_CASE("a registry's refusal is told in words, without what is secret in it") {
    FakeRegistry fake;
    fake.challenge = "Basic realm=\"x\"";
    fake.log_in("ghcr.io", "me:hunter2");
    fake.answer = [&fake](const io::HttpRequest&, const std::string& authorization) {
        if (authorization.empty()) return fake.unauthorized();
        return io::HttpResponse{.status = 403,
                                .headers = {{"retry-after", "3600"},
                                            {"ratelimit-limit", "100;w=21600"},
                                            {"ratelimit-remaining", "0;w=21600"}},
                                .body = R"({"errors":[{"code":"DENIED","message":"no \u001b[31m hunter2 may not )" +
                                        std::string(2000, 'x') + R"("}]})",
                                .final_url = {}};
    };
    const Client client = fake.client();
    Session session(client, reference_of("ghcr.io/me/x"), Access::pull);
    const auto response = session.send(manifest_request, {});
    REQUIRE(response);
    const Error refused = session.refused("'ghcr.io/me/x:1' cannot be read", *response);
    CHECK(refused.kind == ErrorKind::network);
    CHECK(refused.message.starts_with(
        "'ghcr.io/me/x:1' cannot be read: the registry says HTTP status 403, DENIED: no \\x1b["));
    CHECK(refused.message.find("hunter2") == std::string::npos);
    CHECK(refused.message.find("it asks to wait 1 h") != std::string::npos);
    CHECK(refused.message.find("0 of 100 requests are left") != std::string::npos);
    CHECK(refused.message.size() < 700);
    CHECK_FALSE(refused.hint.empty());
    // The limit is said once, when little of it is left.
    CHECK(fake.told == std::vector<std::string>{"ghcr.io: 0 of 100 requests are left at this registry"});
    (void)session.send(manifest_request, {});
    CHECK(fake.told.size() == 1);
}

TEST_CASE("a pause that a registry asks for is told") {
    FakeRegistry fake;
    const Client client = fake.client();
    Session session(client, reference_of("ghcr.io/me/x"), Access::pull);
    fake.answer = [](const io::HttpRequest& request, const std::string&) {
        request.on_pause({std::chrono::seconds(12), 429, true});
        request.on_pause({std::chrono::seconds(1), 500, false});
        return io::HttpResponse{.status = 200, .headers = {}, .body = {}, .final_url = {}};
    };
    CHECK(session.send(manifest_request, {}));
    CHECK(fake.told == std::vector<std::string>{"the registry ghcr.io asks to wait 12 s (HTTP status 429)"});
}
