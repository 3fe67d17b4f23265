// SPDX-License-Identifier: Apache-2.0
// The console's addresses: who gets what, and with which headers.
#include "console/console_bench.hpp"
#include "console/pod/workers.hpp"

namespace tmplbuild::console {
namespace {

const HeaderList page_load{{"accept", "text/html,*/*"}, {"sec-fetch-mode", "navigate"}, {"sec-fetch-dest", "document"}};

HeaderList also(HeaderList headers, const HeaderList& more) {
    headers.insert(headers.end(), more.begin(), more.end());
    return headers;
}

}  // namespace

TEST_CASE("nobody who is not signed in sees anything but the door") {
    ConsoleBench bench;
    CHECK(bench.ask({.target = "/healthz"}).status == 200);
    CHECK(body_of(bench.ask({.target = "/healthz"})) == "{\"status\":\"ok\"}\n");
    for (const char* target :
         {"/api/installation-status", "/api/events", "/api/logs/comfyui", "/api/capabilities", "/api/openapi.json",
          "/metrics", "/api/tokens", "/no/such/address", "/api/services/comfyui/restart"}) {
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
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
          "form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
    for (const char* name : {"X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy",
                             "Cross-Origin-Resource-Policy", "Permissions-Policy"})
        CHECK_FALSE(header_of(page, name).empty());
    CHECK(body_of(page).starts_with("status of test &lt;pod&gt; csrf="));
    CHECK(body_of(page).find("test \\u003cpod\\u003e") != std::string::npos);  // in the state
    CHECK(body_of(page).find("<pod>") == std::string::npos);
    CHECK(header_of(bench.ask({.target = "/", .headers = {{"cookie", cookie}}}), "Location") == "/installation-status");
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

TEST_CASE("signing in: only from this page, slower after failures, and out again") {
    ConsoleBench bench;
    const auto sign_in = [&](const std::string& password, const HeaderList& headers) {
        return bench.ask({.method = "POST",
                          .target = "/sign-in",
                          .body = "return=%2Ftokens&password=" + password,
                          .headers = headers});
    };
    const std::string own = ConsoleBench::origin(8765);
    CHECK(sign_in("secret", {}).status == 403);
    CHECK(sign_in("secret", {{"origin", "https://evil.example"}}).status == 403);
    CHECK(sign_in("secret", {{"origin", "null"}, {"sec-fetch-site", "same-origin"}}).status == 403);
    const Answer wrong = sign_in("wrong", {{"origin", own}});
    CHECK(wrong.status == 403);
    CHECK(body_of(wrong).find("This is not the password") != std::string::npos);
    CHECK(header_of(wrong, "Set-Cookie").empty());
    const Answer right = sign_in("secret", {{"origin", own}});
    CHECK(right.status == 303);
    CHECK(header_of(right, "Location") == "/tokens");
    const std::string set = header_of(right, "Set-Cookie");
    CHECK(set.find("Secure; SameSite=Lax") != std::string::npos);
    const std::string cookie = set.substr(0, set.find(';'));
    const std::string csrf =
        between(body_of(bench.ask({.target = "/installation-status", .headers = {{"cookie", cookie}}})), "csrf=", " ");
    const Answer out = bench.ask({.method = "POST",
                                  .target = "/sign-out",
                                  .body = "csrf=" + csrf,
                                  .headers = {{"cookie", cookie}, {"origin", own}}});
    CHECK(out.status == 303);
    CHECK(bench.ask({.target = "/api/installation-status", .headers = {{"cookie", cookie}}}).status == 401);
}

TEST_CASE("with a made password no flood of wrong ones keeps its owner out") {
    const std::string password = make_password();
    ConsoleBench bench(false, true, password);
    const auto typed = [&](const std::string& text) {
        return Asked{.method = "POST",
                     .target = "/sign-in",
                     .body = "password=" + text,
                     .headers = {{"origin", ConsoleBench::origin(8765)}}};
    };
    std::vector<std::shared_ptr<std::optional<Answer>>> flood;
    for (int n = 0; n < 300; ++n) flood.push_back(bench.begin(typed("wrong" + std::to_string(n))));
    CHECK(bench.ask(typed(password)).status == 303);
    for (const auto& answer : flood) {
        REQUIRE(*answer);
        CHECK((*answer)->status == 403);
    }
}

TEST_CASE("a flood of wrong passwords leaves places for browsers that signed in before") {
    ConsoleBench bench;
    const auto typed = [&](const std::string& text, const std::string& cookie = "") {
        return Asked{.method = "POST",
                     .target = "/sign-in",
                     .body = "password=" + text,
                     .headers = {{"origin", ConsoleBench::origin(8765)}, {"cookie", cookie}}};
    };
    std::string known;
    const Answer before = bench.ask(typed("secret"));
    for (const auto& [name, value] : before.headers)
        if (name == "Set-Cookie" && value.starts_with("__Host-tmplbuild-known="))
            known = value.substr(0, value.find(';'));
    REQUIRE_FALSE(known.empty());
    std::vector<std::shared_ptr<std::optional<Answer>>> flood;
    for (int n = 0; n < 400; ++n) flood.push_back(bench.begin(typed("wrong" + std::to_string(n))));
    CHECK(bench.ask(typed("secret", known)).status == 303);
    // Who is sent away is chosen by chance, not by when they came.
    const auto sent_away = [&](std::size_t from, std::size_t to) {
        return std::count_if(flood.begin() + static_cast<std::ptrdiff_t>(from),
                             flood.begin() + static_cast<std::ptrdiff_t>(to),
                             [](const auto& answer) { return *answer && (*answer)->status == 503; });
    };
    CHECK(sent_away(0, 400) >= 400 - 64 - 1 - 8);
    CHECK(sent_away(0, 64) > 32);
    CHECK(sent_away(336, 400) < 64);
}

TEST_CASE("a stream ends with the session or the token that opened it") {
    ConsoleBench bench;
    const auto csrf_of = [&](const std::string& cookie) {
        return between(body_of(bench.ask({.target = "/installation-status", .headers = {{"cookie", cookie}}})),
                       "csrf=", " ");
    };
    const auto watch = [&](const HeaderList& headers) {
        const Answer answer = bench.ask({.target = "/api/events", .headers = headers});
        REQUIRE(answer.stream);
        auto stream = std::make_shared<EventStream>();
        answer.stream(stream);
        while (stream->next() != nullptr) continue;
        CHECK_FALSE(stream->is_ended());
        return stream;
    };
    // A state may wait in it: an end comes after what waits.
    const auto is_over = [](const std::shared_ptr<EventStream>& stream) {
        while (stream->next() != nullptr) continue;
        return stream->is_ended();
    };
    const auto change = [&](const std::string& method, const std::string& target, const std::string& cookie,
                            const std::string& body = "") {
        return bench.ask(
            {.method = method,
             .target = target,
             .body = body,
             .headers = {
                 {"cookie", cookie}, {"origin", ConsoleBench::origin(8765)}, {"x-csrf-token", csrf_of(cookie)}}});
    };
    const std::string first = bench.signed_in(), second = bench.signed_in();
    const auto of_first = watch({{"cookie", first}}), of_second = watch({{"cookie", second}});
    const Answer made = change("POST", "/api/tokens", second, R"({"name":"script"})");
    const auto token = json::parse(body_of(made), "token").value().as_object();
    const auto of_token = watch({{"authorization", "Bearer " + std::string(token.at("token").as_string())}});
    CHECK(change("POST", "/sign-out", first).status == 303);
    CHECK(is_over(of_first));
    CHECK_FALSE(is_over(of_second));
    change("DELETE", "/api/tokens/" + std::string(token.at("id").as_string()), second);
    CHECK(is_over(of_token));
    CHECK_FALSE(is_over(of_second));
    const std::string third = bench.signed_in();
    CHECK(change("POST", "/api/sessions/end", third).status == 200);
    CHECK(is_over(of_second));
    CHECK(bench.ask({.target = "/api/installation-status", .headers = {{"cookie", second}}}).status == 401);
    for (const auto& stream : {of_first, of_second, of_token}) stream->on_gone();
}

TEST_CASE("wrong passwords are counted, and the log gets one line a minute at most") {
    ConsoleBench bench(false, true, make_password());
    std::vector<std::string> lines;
    bench.console().say = [&](const std::string& line) { lines.push_back(line); };
    for (int n = 0; n < 5; ++n)
        bench.ask({.method = "POST",
                   .target = "/sign-in",
                   .body = "password=x",
                   .headers = {{"origin", ConsoleBench::origin(8765)}}});
    CHECK(lines == std::vector<std::string>{"sign-in: 1 with a wrong password since the last such line"});
}

TEST_CASE("signing in again ends the session that the browser had") {
    ConsoleBench bench;
    const std::string before = bench.signed_in();
    CHECK(bench
              .ask({.method = "POST",
                    .target = "/sign-in",
                    .body = "password=secret",
                    .headers = {{"origin", ConsoleBench::origin(8765)}, {"cookie", before}}})
              .status == 303);
    CHECK(bench.ask({.target = "/api/installation-status", .headers = {{"cookie", before}}}).status == 401);
}

TEST_CASE("who shows an old session where nobody can sign in is told so, not to wait") {
    ConsoleBench bench(false, true, std::string(Password::longest + 1, 'a'));
    const HeaderList old{{"cookie", "__Host-tmplbuild=0"}};
    CHECK(bench.ask({.target = "/api/installation-status", .headers = old}).status == 401);
    const Answer answer = bench.ask({.method = "POST",
                                     .target = "/sign-in",
                                     .body = "password=x",
                                     .headers = {{"origin", ConsoleBench::origin(8765)}}});
    CHECK(answer.status == 503);
    CHECK(body_of(answer).find("Nobody can sign in: a password has 1 to 1024 bytes") != std::string::npos);
}

TEST_CASE("workers get no password, and no libraries of another loader") {
    const std::array<const char*, 6> all{"PATH=/bin",    "CONSOLE_PASSWORD=a",  "JUPYTER_PASSWORD=b",
                                         "LD_PRELOAD=x", "TMPLBUILD_VOLUME=/v", nullptr};
    CHECK(worker_environment(all.data()) == std::vector<std::string>{"PATH=/bin", "TMPLBUILD_VOLUME=/v"});
}

TEST_CASE("a sign-in leads back to a path of this console, and nowhere else") {
    ConsoleBench bench;
    for (const char* path : {"https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2F%5Cevil.example", "", "sign-in",
                             "%2Fsign-in%3Freturn%3D%2F"}) {
        INFO(path);
        CHECK(body_of(bench.ask({.target = std::string("/sign-in?return=") + path}))
                  .find("return=/installation-status ") != std::string::npos);
    }
    CHECK(body_of(bench.ask({.target = "/sign-in?return=%2Ftokens"})).find("return=/tokens ") != std::string::npos);
}

TEST_CASE("one sign-in opens a service's port by a ticket") {
    ConsoleBench bench;
    const Asked service{
        .target = "/x?y=1", .headers = page_load, .phase = Phase::refuse, .port = 8188, .service = "comfyui"};
    const Answer sent = bench.ask(service);
    REQUIRE(sent.status == 303);
    const std::string there = header_of(sent, "Location"), nonce = header_of(sent, "Set-Cookie");
    CHECK(there.starts_with(ConsoleBench::origin(8765) + "/sign-in/port?port=8188&path=%2Fx%3Fy%3D1&nonce="));
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
                          .body = "return=%2Fx%3Fy%3D1&ticket=" + text,
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
        const auto post = [&](const std::string& path) {
            return bench.ask({.method = "POST",
                              .target = "/_tmplbuild/ticket",
                              .body = "return=" + path + "&ticket=" + between(body_of(page), "ticket=", " "),
                              .headers = {{"cookie", nonce.substr(0, nonce.find(';'))}},
                              .port = 8188,
                              .service = "comfyui"});
        };
        const Answer taken = post("%2Fmanager%2Freboot");
        // A redirect keeps what the browser says of where it comes from; a page of this origin would not.
        CHECK(taken.status == (foreign ? 303 : 200));
        CHECK(header_of(taken, "Location") == (foreign ? "/manager/reboot" : ""));
        CHECK(post("%2F").status == 403);
    }
}

TEST_CASE("who shows a session is not sent to sign in before the password is known") {
    ConsoleBench bench(false, false);
    const std::string cookie = "__Host-tmplbuild=" + std::string(64, '0');
    Asked asked{.target = "/", .headers = page_load, .phase = Phase::authorize, .port = 8188, .service = "comfyui"};
    CHECK(bench.ask(asked).status == 401);
    asked.headers = also(page_load, {{"cookie", cookie}});
    CHECK(bench.ask(asked).status == 503);
    asked.headers = {{"authorization", "Bearer tmplbuild_" + std::string(64, '0')}};
    CHECK(bench.ask(asked).status == 503);
    const Answer page = bench.ask({.target = "/installation-status", .headers = also(page_load, {{"cookie", cookie}})});
    CHECK(page.status == 200);
    CHECK(header_of(page, "Refresh") == "1");
    CHECK(bench.ask({.target = "/sign-in", .headers = page_load}).status == 200);
}

TEST_CASE("a link to sign in at a port that is none of ours leads nowhere") {
    ConsoleBench bench;
    const std::string cookie = bench.signed_in();
    const std::string nonce(64, 'a');
    for (const std::string& query : {"port=22&path=/&nonce=" + nonce, "port=8765&path=/&nonce=" + nonce,
                                     "port=x&nonce=" + nonce, std::string("port=8188&path=/")})
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
                                    .body = "return=%2F&ticket=" + between(body_of(page), "ticket=", " "),
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

}  // namespace tmplbuild::console
