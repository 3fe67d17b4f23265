// SPDX-License-Identifier: Apache-2.0
// What the gateway's headers say of a request, and what the gateway is answered.
#include "console/web/request.hpp"

#include "console/web/authorize.hpp"
#include "support/catch.hpp"

namespace tmplbuild::console {
namespace {

HeaderList headers(const HeaderList& more = {}) {
    HeaderList out{{"host", "abc-8188.proxy.runpod.net"}, {"x-tmplbuild-phase", "authorize"},
                   {"x-tmplbuild-port", "8188"},          {"x-tmplbuild-service", "comfyui"},
                   {"x-tmplbuild-method", "GET"},         {"x-tmplbuild-target", "/queue?x=1"}};
    out.insert(out.end(), more.begin(), more.end());
    return out;
}

HeaderList without(const std::string& name) {
    HeaderList out = headers();
    std::erase_if(out, [&](const auto& header) { return header.first == name; });
    return out;
}

std::string value_of(const Answer& answer, const std::string& name) {
    for (const auto& [key, value] : answer.headers)
        if (key == name) return value;
    return "not there";
}

}  // namespace

TEST_CASE("a request is what the gateway's headers say") {
    const auto request = read_request(headers({{"accept", "text/html"}, {"accept", "*/*"}}), "body");
    REQUIRE(request);
    CHECK(request->phase == Phase::authorize);
    CHECK(request->port == 8188);
    CHECK(request->service == "comfyui");
    CHECK(request->method == "GET");
    CHECK(request->path == "/queue");
    CHECK(request->query == "x=1");
    CHECK(request->header("accept") == "text/html, */*");
    CHECK(request->header("cookie").empty());
    CHECK(request->is_page_load());
}

TEST_CASE("a request without the gateway's headers, or with two of one, is refused") {
    for (const char* name : {"x-tmplbuild-phase", "x-tmplbuild-port", "x-tmplbuild-method", "x-tmplbuild-target"}) {
        INFO(name);
        CHECK_FALSE(read_request(without(name), ""));
        CHECK_FALSE(read_request(headers({{name, "page"}}), ""));
    }
    for (const auto& [name, value] : HeaderList{{"x-tmplbuild-phase", "sneak"},
                                                {"x-tmplbuild-port", "0"},
                                                {"x-tmplbuild-port", "70000"},
                                                {"x-tmplbuild-port", "8188x"},
                                                {"x-tmplbuild-target", "http://x/"},
                                                {"x-tmplbuild-method", ""}}) {
        HeaderList wrong = without(name);
        wrong.emplace_back(name, value);
        CHECK_FALSE(read_request(wrong, ""));
    }
}

TEST_CASE("a page load is a browser's navigation") {
    const auto page = [](HeaderList more) { return read_request(headers(more), "").value().is_page_load(); };
    CHECK(page({{"accept", "text/html,*/*"}, {"sec-fetch-mode", "navigate"}}));
    CHECK_FALSE(page({{"accept", "text/html"}, {"sec-fetch-mode", "cors"}}));
    CHECK_FALSE(page({{"accept", "*/*"}}));
    HeaderList post = without("x-tmplbuild-method");
    post.emplace_back("x-tmplbuild-method", "POST");
    post.emplace_back("accept", "text/html");
    CHECK_FALSE(read_request(post, "").value().is_page_load());
}

TEST_CASE("forms and escapes") {
    auto values = form_values("a=1&b=x%20y+z&a=2&=no&c&d=%e2%82%ac&bad=%zz&bad2=%4&nul=%00");
    CHECK(values["a"] == "1");
    CHECK(values["b"] == "x y z");
    CHECK(values.contains("c"));
    CHECK(values["d"] == "€");
    for (const char* name : {"bad", "bad2", "nul", ""}) CHECK_FALSE(values.contains(name));
    CHECK(percent_decoded("a+b%2f", false) == "a+b/");
    CHECK_FALSE(percent_decoded("%ff", false));
    CHECK_FALSE(percent_decoded("%", false));
    CHECK_FALSE(percent_decoded("a%2", false));
    CHECK(percent_decoded("%41", false) == "A");
}

TEST_CASE("the policy judges what the client sent") {
    const auto request = read_request(headers({{"origin", "https://evil.example"},
                                               {"sec-fetch-site", "cross-site"},
                                               {"sec-fetch-mode", "no-cors"},
                                               {"sec-fetch-dest", "image"},
                                               {"x-tmplbuild-upgrade", "websocket"},
                                               {"cookie", "x=1; __Host-tmplbuild=abc"}}),
                                      "");
    const RequestFacts facts = facts_of(request.value());
    CHECK(facts.method == "GET");
    CHECK(facts.target == "/queue?x=1");
    CHECK(facts.host == "abc-8188.proxy.runpod.net");
    CHECK(facts.port == 8188);
    CHECK(facts.origin == "https://evil.example");
    CHECK(facts.fetch_site == "cross-site");
    CHECK(facts.fetch_mode == "no-cors");
    CHECK(facts.fetch_dest == "image");
    CHECK(facts.websocket);
    CHECK(facts.own_cookie);
}

TEST_CASE("the gateway is told what a service may see") {
    std::vector<std::string> notes;
    const OwnOrigins origins = OwnOrigins::of("abc", "", 8765, notes);
    const Origin here{"https", "abc-8188.proxy.runpod.net", 443};
    Sessions sessions(Sha256::of("p"));
    BearerTokens tokens;
    const std::string cookie = sessions.sign_in(here, 1);
    const std::string bearer = tokens.make("script", 1).value().text;
    const Keys keys{origins, &sessions, &tokens, false};
    const std::vector<std::string> entry{"/"};
    const auto ask = [&](const HeaderList& more) {
        const Request request = read_request(headers(more), "").value();
        return authorize_answer(request, look_at(request, keys, &entry, 2));
    };
    CHECK(ask({}).status == 401);
    CHECK(ask({{"cookie", "__Host-tmplbuild=0"}}).status == 401);
    const Answer passed = ask({{"cookie", "theirs=1; __Host-tmplbuild=" + cookie}, {"authorization", "Basic eDp5"}});
    CHECK(passed.status == 204);
    CHECK(value_of(passed, "X-Tmplbuild-Cookie") == "theirs=1");
    CHECK(value_of(passed, "X-Tmplbuild-Authorization") == "Basic eDp5");
    CHECK(value_of(passed, "X-Tmplbuild-Proto") == "https");
    const Answer script = ask({{"authorization", "Bearer " + bearer}});
    CHECK(script.status == 204);
    CHECK(value_of(script, "X-Tmplbuild-Authorization").empty());  // ours reaches no service
    for (const std::string& spelling : {"Bearer\t" + bearer, "Token " + bearer, "Bearer x, Bearer " + bearer, bearer}) {
        const Answer odd = ask({{"cookie", "__Host-tmplbuild=" + cookie}, {"authorization", spelling}});
        CHECK(odd.status == 204);
        CHECK(value_of(odd, "X-Tmplbuild-Authorization").empty());
    }
    CHECK(ask({{"authorization", "Bearer " + bearer + "0"}}).status == 401);
    CHECK(ask({{"cookie", "__Host-tmplbuild=" + cookie}, {"sec-fetch-site", "same-site"}}).status == 403);
    // One of several cookies of the name that others may have set.
    CHECK(ask({{"cookie", "__Host-tmplbuild=0; __Host-tmplbuild=" + cookie}}).status == 204);
    HeaderList other = without("host");
    other.emplace_back("host", "evil.example");
    other.emplace_back("authorization", "Bearer " + bearer);
    const Request rebound = read_request(other, "").value();
    CHECK(authorize_answer(rebound, look_at(rebound, keys, &entry, 2)).status == 403);
    const Keys open{origins, nullptr, nullptr, true};
    const Request any = read_request(headers(), "").value();
    CHECK(authorize_answer(any, look_at(any, open, &entry, 2)).status == 204);
}

}  // namespace tmplbuild::console
