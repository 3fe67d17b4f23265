// SPDX-License-Identifier: Apache-2.0
// Signing in and out: passwords, floods of wrong ones, and what ends with a session.
#include "base/json.hpp"
#include "console/console_bench.hpp"
#include "sys/clock.hpp"

namespace tmplbuild::console {
namespace {

std::shared_ptr<EventStream> stream_of(const Answer& answer) {
    REQUIRE(answer.stream);
    auto stream = std::make_shared<EventStream>();
    answer.stream(stream);
    return stream;
}

// A state may wait in it: an end comes after what waits.
bool is_over(const std::shared_ptr<EventStream>& stream) {
    while (stream->next() != nullptr) continue;
    return stream->is_ended();
}

}  // namespace

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

TEST_CASE("a sign-in leads back to a path of this console, and nowhere else") {
    ConsoleBench bench;
    for (const char* path : {"https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2F%5Cevil.example", "", "sign-in",
                             "%2Fsign-in%3Freturn%3D%2F"}) {
        INFO(path);
        CHECK(body_of(bench.ask({.target = std::string("/sign-in?return=") + path})).find("return=/ notice") !=
              std::string::npos);
    }
    CHECK(body_of(bench.ask({.target = "/sign-in?return=%2Ftokens"})).find("return=/tokens ") != std::string::npos);
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

TEST_CASE("a stream ends with the session or the token that opened it") {
    ConsoleBench bench;
    const auto csrf_of = [&](const std::string& cookie) {
        return between(body_of(bench.ask({.target = "/installation-status", .headers = {{"cookie", cookie}}})),
                       "csrf=", " ");
    };
    const auto watch = [&](const HeaderList& headers) {
        auto stream = stream_of(bench.ask({.target = "/api/events", .headers = headers}));
        CHECK_FALSE(is_over(stream));
        return stream;
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

TEST_CASE("a stream ends when its session is too old") {
    ConsoleBench earlier;
    const HeaderList visitor{{"cookie", earlier.signed_in()}};
    const std::string kept = earlier.kept_sessions();
    // Young enough to be asked with, however slow this machine is.
    for (UnixMs left = 300; left < 20'000; left *= 3) {
        auto sessions = json::parse(kept, "sessions").value();
        const UnixMs made = sys::in_ms(sys::time_of_day()) + left - Sessions::lifetime_ms;
        for (auto& [id, session] : sessions.as_object().at("sessions").as_object()) session.as_object()["made"] = made;
        ConsoleBench bench(false, true, "secret", json::compact(sessions.as_object()));
        const Answer answer = bench.ask({.target = "/api/events", .headers = visitor});
        if (answer.status == 401) continue;
        const auto stream = stream_of(answer);
        bench.wait_for([&] { return is_over(stream); });
        CHECK(sys::in_ms(sys::time_of_day()) > made + Sessions::lifetime_ms);
        CHECK(bench.ask({.target = "/api/events", .headers = visitor}).status == 401);
        stream->on_gone();
        return;
    }
    FAIL("the session was never young enough");
}

}  // namespace tmplbuild::console
