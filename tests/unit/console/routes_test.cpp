// SPDX-License-Identifier: Apache-2.0
// The console's addresses: who gets what, and with which headers.
#include "console/console_bench.hpp"
#include "console/pod/workers.hpp"

namespace tmplbuild::console {

TEST_CASE("nobody who is not signed in sees anything but the door") {
    ConsoleBench bench;
    CHECK(bench.ask({.target = "/healthz"}).status == 200);
    CHECK(body_of(bench.ask({.target = "/healthz"})) == "{\"status\":\"ok\"}\n");
    for (const char* target : {"/api/installation-status", "/api/events", "/api/logs/comfyui", "/api/capabilities",
                               "/api/openapi.json", "/metrics", "/api/tokens", "/api/models", "/get_model_configs",
                               "/no/such/address", "/api/services/comfyui/restart"}) {
        INFO(target);
        const Answer answer = bench.ask({.target = target});
        CHECK(answer.status == 401);
        CHECK(body_of(answer) == "{\"error\":{\"message\":\"sign in first\",\"hint\":\"\"}}\n");
        CHECK(header_of(answer, "WWW-Authenticate") == "Bearer realm=\"tmplbuild\"");
    }
    const Answer page = bench.ask({.target = "/installation-status?x=1", .headers = page_load});
    CHECK(page.status == 303);
    CHECK(header_of(page, "Location") == "/sign-in?return=%2Finstallation-status%3Fx%3D1");
    CHECK(bench.ask({.method = "POST", .target = "/api/services/comfyui/restart"}).status == 401);
}

TEST_CASE("pages have the headers that keep others away, and values that cannot become markup") {
    ConsoleBench bench;
    const std::string cookie = bench.signed_in();
    const Answer page = bench.ask({.target = "/installation-status", .headers = also(page_load, {{"cookie", cookie}})});
    REQUIRE(page.status == 200);
    CHECK(header_of(page, "Cache-Control") == "no-store");
    CHECK(header_of(page, "Content-Security-Policy") ==
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
          "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
    for (const char* name : {"X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy",
                             "Cross-Origin-Resource-Policy", "Permissions-Policy"})
        CHECK_FALSE(header_of(page, name).empty());
    CHECK(body_of(page).starts_with("status of test &lt;pod&gt; csrf="));
    CHECK(body_of(page).find("<form >") != std::string::npos);
    CHECK(body_of(page).find("test \\u003cpod\\u003e") != std::string::npos);  // in the state
    CHECK(body_of(page).find("<pod>") == std::string::npos);
    CHECK(body_of(bench.ask({.target = "/", .headers = {{"cookie", cookie}}})) == "models");
    CHECK(body_of(bench.ask({.target = "/files", .headers = {{"cookie", cookie}}})) == "files");
    CHECK(bench.ask({.target = "/no", .headers = {{"cookie", cookie}}}).status == 404);
    const Answer wrong = bench.ask({.method = "PUT",
                                    .target = "/api/tokens",
                                    .headers = {{"cookie", cookie}, {"origin", ConsoleBench::origin(8765)}}});
    CHECK(wrong.status == 405);
    CHECK(header_of(wrong, "Allow") == "GET, POST");
}

TEST_CASE("another host, and another site's page, get nothing") {
    ConsoleBench bench;
    const std::string cookie = bench.signed_in();
    CHECK(bench.ask({.target = "/api/installation-status", .headers = {{"cookie", cookie}, {"host", "evil.example"}}})
              .status == 421);
    CHECK(bench.ask({.target = "/sign-in", .headers = {{"host", "evil.example"}}}).status == 421);
    for (const char* site : {"cross-site", "same-site"}) {
        CHECK(
            bench.ask({.target = "/api/installation-status", .headers = {{"cookie", cookie}, {"sec-fetch-site", site}}})
                .status == 403);
        // A link from elsewhere may open any page of the console, since its GETs change nothing.
        CHECK(bench
                  .ask({.target = "/installation-status",
                        .headers = also(page_load, {{"cookie", cookie}, {"sec-fetch-site", site}})})
                  .status == 200);
    }
}

TEST_CASE("a change needs an origin and a CSRF token; a script needs neither") {
    ConsoleBench bench;
    const std::string cookie = bench.signed_in();
    const std::string page = body_of(bench.ask({.target = "/installation-status", .headers = {{"cookie", cookie}}}));
    const std::string csrf = between(page, "csrf=", " ");
    REQUIRE(csrf.size() >= 32);
    const auto make = [&](const HeaderList& headers) {
        return bench.ask({.method = "POST", .target = "/api/tokens", .body = "{\"name\":\"x\"}", .headers = headers});
    };
    const std::string own = ConsoleBench::origin(8765);
    CHECK(make({{"cookie", cookie}, {"x-csrf-token", csrf}}).status == 403);  // no origin
    CHECK(make({{"cookie", cookie}, {"origin", own}}).status == 403);         // no token
    CHECK(make({{"cookie", cookie}, {"origin", own}, {"x-csrf-token", csrf + "0"}}).status == 403);
    CHECK(make({{"cookie", cookie}, {"origin", ConsoleBench::origin(8188)}, {"x-csrf-token", csrf}}).status == 403);
    const Answer made = make({{"cookie", cookie}, {"origin", own}, {"x-csrf-token", csrf}});
    REQUIRE(made.status == 201);
    const std::string token = between(body_of(made), "\"token\":\"", "\"");
    const std::string id = between(body_of(made), "\"id\":\"", "\"");
    CHECK(between(body_of(made), "\"notice\":\"", "\"").empty());
    const HeaderList script{{"authorization", "Bearer " + token}};
    CHECK(bench.ask({.target = "/api/installation-status", .headers = script}).status == 200);
    CHECK(
        bench.ask({.method = "POST", .target = "/api/tokens", .body = "{\"name\":\"y\"}", .headers = script}).status ==
        201);
    CHECK(bench.ask({.method = "POST", .target = "/api/tokens", .body = "{}", .headers = script}).status == 400);
    CHECK(bench.ask({.method = "POST", .target = "/api/tokens", .body = "name=x", .headers = script}).status == 400);
    CHECK(body_of(bench.ask({.target = "/api/tokens", .headers = script})).find(token) == std::string::npos);
    CHECK(bench.ask({.method = "DELETE", .target = "/api/tokens/" + id, .headers = script}).status == 200);
    CHECK(bench.ask({.target = "/api/installation-status", .headers = script}).status == 401);
}

TEST_CASE("without a password everybody may, and each page says so") {
    ConsoleBench bench(true);
    CHECK(bench.ask({.target = "/api/installation-status"}).status == 200);
    CHECK(bench.ask({.target = "/api/installation-status", .headers = {{"sec-fetch-site", "cross-site"}}}).status ==
          403);
    const std::string page = body_of(bench.ask({.target = "/installation-status"}));
    const std::string csrf = between(page, "csrf=", " ");
    const HeaderList own{{"origin", ConsoleBench::origin(8765)}};
    CHECK(bench.ask({.method = "POST", .target = "/api/tokens", .body = "{\"name\":\"x\"}", .headers = own}).status ==
          403);
    CHECK(bench
              .ask({.method = "POST",
                    .target = "/api/tokens",
                    .body = "{\"name\":\"x\"}",
                    .headers = also(own, {{"x-csrf-token", csrf}})})
              .status == 201);
    CHECK(bench.ask({.target = "/sign-in"}).status == 303);
    CHECK(page.find("<form hidden>") != std::string::npos);  // nobody can sign out
}

TEST_CASE("static files have addresses that mean the same bytes forever") {
    ConsoleBench bench;
    const Answer packed =
        bench.ask({.target = "/_tmplbuild/static/0123/hello.css", .headers = {{"accept-encoding", "br, gzip"}}});
    CHECK(packed.status == 200);
    CHECK(header_of(packed, "Cache-Control") == "public, max-age=31536000, immutable");
    CHECK(header_of(packed, "Content-Encoding") == "gzip");
    CHECK(header_of(packed, "Content-Type") == "text/css");
    const Answer plain = bench.ask({.target = "/_tmplbuild/static/0123/hello.css"});
    CHECK(body_of(plain) == "hello");
    CHECK(header_of(plain, "Content-Encoding").empty());
    CHECK(body_of(bench.ask({.target = "/_tmplbuild/static/0123/hello.css",
                             .headers = {{"accept-encoding", "gzip;q=0"}}})) == "hello");
    CHECK(bench.ask({.target = "/_tmplbuild/static/9999/hello.css"}).status == 404);
    CHECK(bench.ask({.target = "/_tmplbuild/static/0123/hello.css", .port = 8188, .service = "comfyui"}).status == 200);
}

TEST_CASE("without a launcher, what needs it says so") {
    ConsoleBench bench(true);
    CHECK(bench.ask({.target = "/api/logs/comfyui"}).status == 503);
    for (const char* lines : {"-1", "x", "1.5", "", "99999999999999999999"})
        CHECK(bench.ask({.target = std::string("/api/logs/comfyui?lines=") + lines}).status == 400);
    const Answer status = bench.ask({.target = "/api/installation-status"});
    CHECK(between(body_of(status), "\"launcher\":{\"state\":\"", "\"") == "lost");
    CHECK(bench.ask({.target = "/metrics"}).status == 200);
    CHECK(body_of(bench.ask({.target = "/metrics"})).find("tmplbuild_launcher_connected 0\n") != std::string::npos);
    CHECK(bench.ask({.target = "/api/capabilities"}).status == 200);
    CHECK(bench.ask({.target = "/api/openapi.json"}).status == 200);
}

TEST_CASE("workers get no password, and no libraries of another loader") {
    const std::array<const char*, 6> all{"PATH=/bin",    "CONSOLE_PASSWORD=a",  "JUPYTER_PASSWORD=b",
                                         "LD_PRELOAD=x", "TMPLBUILD_VOLUME=/v", nullptr};
    CHECK(worker_environment(all.data()) == std::vector<std::string>{"PATH=/bin", "TMPLBUILD_VOLUME=/v"});
}

}  // namespace tmplbuild::console
