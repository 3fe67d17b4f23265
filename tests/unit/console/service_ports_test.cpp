// SPDX-License-Identifier: Apache-2.0
// The way from a service's port to the sign-in and back, and what becomes of requests that may not pass there.
#include "console/console_bench.hpp"

namespace tmplbuild::console {

TEST_CASE("one sign-in opens a service's port by a ticket") {
    ConsoleBench bench;
    const Asked service{
        .target = "/x?y=1", .headers = page_load, .phase = Phase::refuse, .port = 8188, .service = "comfyui"};
    const Answer sent = bench.ask(service);
    REQUIRE(sent.status == 303);
    const std::string there = header_of(sent, "Location"), nonce = header_of(sent, "Set-Cookie");
    // What was asked for may hold a token, so it is in no address of the console.
    CHECK(there.starts_with(ConsoleBench::origin(8765) + "/sign-in/port?port=8188&nonce="));
    CHECK(nonce.find("__Host-tmplbuild-nonce=") == 0);
    CHECK(nonce.find("SameSite=None") != std::string::npos);
    const std::string nonce_cookie = nonce.substr(0, nonce.find(';'));
    const std::string target = there.substr(ConsoleBench::origin(8765).size());
    // Without a session the console asks for the password first, and comes back here.
    const Answer door = bench.ask({.target = target, .headers = page_load});
    CHECK(door.status == 303);
    CHECK(header_of(door, "Location").starts_with("/sign-in?return=%2Fsign-in%2Fport"));
    const std::string cookie = bench.signed_in();
    const Answer page = bench.ask(
        {.target = target, .headers = also(page_load, {{"cookie", cookie}, {"sec-fetch-site", "same-site"}})});
    REQUIRE(page.status == 200);
    CHECK(header_of(page, "Content-Security-Policy").find("form-action 'self' " + ConsoleBench::origin(8188) + ";") !=
          std::string::npos);
    CHECK(body_of(page).find("to=" + ConsoleBench::origin(8188) + "/_tmplbuild/ticket") != std::string::npos);
    const std::string ticket = between(body_of(page), "ticket=", " ");
    const auto post = [&](const std::string& text, const std::string& cookies) {
        return bench.ask({.method = "POST",
                          .target = "/_tmplbuild/ticket",
                          .body = "ticket=" + text,
                          .headers = {{"origin", "null"}, {"sec-fetch-site", "same-site"}, {"cookie", cookies}},
                          .port = 8188,
                          .service = "comfyui"});
    };
    const Answer taken = post(ticket, nonce_cookie);
    REQUIRE(taken.status == 200);
    CHECK(body_of(taken) == "opened return=/x?y=1");
    const std::string port_cookie = header_of(taken, "Set-Cookie");
    Asked authorize{.target = "/x",
                    .headers = {{"cookie", port_cookie.substr(0, port_cookie.find(';'))}},
                    .phase = Phase::authorize,
                    .port = 8188,
                    .service = "comfyui"};
    CHECK(bench.ask(authorize).status == 204);
    CHECK(post(ticket, nonce_cookie).status == 403);  // again
    // A new ticket without its nonce, or with another one.
    const Answer others = bench.ask(service);
    const std::string other = header_of(others, "Set-Cookie");
    for (const std::string& cookies :
         {std::string(), std::string("__Host-tmplbuild-nonce=0"), other.substr(0, other.find(';'))}) {
        const Answer more = bench.ask({.target = target, .headers = also(page_load, {{"cookie", cookie}})});
        CHECK(post(between(body_of(more), "ticket=", " "), cookies).status == 403);
    }
    authorize.headers = {{"cookie", cookie}};  // the console's own session is not the port's
    CHECK(bench.ask(authorize).status == 401);
}

TEST_CASE("a link from another site that led to the sign-in is still one afterwards") {
    ConsoleBench bench;
    const std::string cookie = bench.signed_in();
    for (const bool foreign : {true, false}) {
        const HeaderList from{{"sec-fetch-site", foreign ? "same-site" : "none"}};
        const Answer sent = bench.ask({.target = "/manager/reboot",
                                       .headers = also(page_load, from),
                                       .phase = Phase::refuse,
                                       .port = 8188,
                                       .service = "comfyui"});
        const std::string nonce = header_of(sent, "Set-Cookie"), there = header_of(sent, "Location");
        const Answer page = bench.ask({.target = there.substr(ConsoleBench::origin(8765).size()),
                                       .headers = also(page_load, {{"cookie", cookie}})});
        const Answer taken = bench.ask({.method = "POST",
                                        .target = "/_tmplbuild/ticket",
                                        .body = "return=%2F&ticket=" + between(body_of(page), "ticket=", " "),
                                        .headers = {{"cookie", nonce.substr(0, nonce.find(';'))}},
                                        .port = 8188,
                                        .service = "comfyui"});
        // A redirect keeps what the browser says of where it comes from; a page of this origin would not.
        CHECK(taken.status == (foreign ? 303 : 200));
        CHECK(header_of(taken, "Location") == (foreign ? "/manager/reboot" : ""));
    }
}

TEST_CASE("a link to sign in at a port that is none of ours leads nowhere") {
    ConsoleBench bench;
    const std::string cookie = bench.signed_in();
    const std::string nonce(64, 'a');
    for (const std::string& query :
         {"port=22&nonce=" + nonce, "port=8765&nonce=" + nonce, "port=x&nonce=" + nonce, std::string("port=8188")})
        CHECK(
            bench.ask({.target = "/sign-in/port?" + query, .headers = also(page_load, {{"cookie", cookie}})}).status ==
            400);
}

TEST_CASE("who may not pass to a service is told so, by a page or by JSON") {
    ConsoleBench bench;
    Asked asked{.target = "/api/queue", .phase = Phase::refuse, .port = 8188, .service = "comfyui"};
    CHECK(bench.ask(asked).status == 401);
    CHECK(body_of(bench.ask(asked)).starts_with("{\"error\":"));
    const std::string cookie = bench.signed_in();
    asked.headers = also(page_load, {{"host", "evil.example"}});
    CHECK(bench.ask(asked).status == 421);
    CHECK(body_of(bench.ask(asked)).starts_with("refused 421"));
    asked.target = "//evil.example/";
    asked.headers = page_load;
    CHECK(bench.ask(asked).status == 401);  // no way back leads there
}

TEST_CASE("a link from another site to a path of a service asks first") {
    ConsoleBench bench;
    const Answer sent =
        bench.ask({.target = "/", .headers = page_load, .phase = Phase::refuse, .port = 8188, .service = "comfyui"});
    const std::string nonce = header_of(sent, "Set-Cookie"), there = header_of(sent, "Location");
    const std::string cookie = bench.signed_in();
    const Answer page = bench.ask(
        {.target = there.substr(ConsoleBench::origin(8765).size()), .headers = also(page_load, {{"cookie", cookie}})});
    const Answer taken = bench.ask({.method = "POST",
                                    .target = "/_tmplbuild/ticket",
                                    .body = "ticket=" + between(body_of(page), "ticket=", " "),
                                    .headers = {{"cookie", nonce.substr(0, nonce.find(';'))}},
                                    .port = 8188,
                                    .service = "comfyui"});
    const std::string session = header_of(taken, "Set-Cookie");
    const HeaderList foreign =
        also(page_load, {{"cookie", session.substr(0, session.find(';'))}, {"sec-fetch-site", "cross-site"}});
    Asked asked{
        .target = "/manager/reboot", .headers = foreign, .phase = Phase::authorize, .port = 8188, .service = "comfyui"};
    CHECK(bench.ask(asked).status == 403);
    asked.phase = Phase::refuse;
    CHECK(bench.ask(asked).status == 403);
    CHECK(body_of(bench.ask(asked)).starts_with("link /manager/reboot to /manager/reboot: "));
    // What a screen shows has no token of the address; the link has.
    asked.target = "/lab?token=geheim&x&y=geheim";
    CHECK(body_of(bench.ask(asked))
              .starts_with("link /lab?token=…&amp;x&amp;y=… to /lab?token=geheim&amp;x&amp;y=geheim: a page of another "
                           "site sent you to /lab:"));
    asked.target = "/";
    asked.phase = Phase::authorize;
    CHECK(bench.ask(asked).status == 204);  // an entry path
    asked.target = "/gallery";
    CHECK(bench.ask(asked).status == 204);
    asked.target = "/gallery?x";
    CHECK(bench.ask(asked).status == 403);
}

TEST_CASE("a service that does not answer yet: a live page for people, 503 for programs") {
    ConsoleBench bench(true);
    Asked asked{.target = "/", .headers = page_load, .phase = Phase::starting, .port = 8188, .service = "comfyui"};
    const Answer page = bench.ask(asked);
    CHECK(page.status == 200);
    CHECK(header_of(page, "X-Tmplbuild-Starting") == "1");
    CHECK(header_of(page, "Cache-Control") == "no-store");
    CHECK(body_of(page) == "starting comfyui");
    asked.headers = {{"accept", "*/*"}};
    CHECK(bench.ask(asked).status == 503);
    CHECK(header_of(bench.ask(asked), "Retry-After") == "5");
    asked.headers = page_load;
    asked.method = "POST";  // it may have reached the service, which died of it: nobody is told to send it again
    const Answer change = bench.ask(asked);
    CHECK(change.status == 503);
    CHECK(header_of(change, "Retry-After").empty());
    CHECK(body_of(change).find("may have been done") != std::string::npos);
}

}  // namespace tmplbuild::console
