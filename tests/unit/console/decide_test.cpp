// SPDX-License-Identifier: Apache-2.0
// The table of who may pass: one row for each way that a request can come, each with its outcome.
#include "console/policy/decide.hpp"

#include "support/catch.hpp"

namespace tmplbuild::console {
namespace {

OwnOrigins own() {
    std::vector<std::string> notes;
    return OwnOrigins::of("abc123", "8188=https://comfy.example.org", 8765, notes);
}

const std::string proxy = "abc123-8188.proxy.runpod.net";

struct Row {
    const char* what;
    const char* method;
    const char* target;
    const char* origin;  // "same": that of the request
    const char* site;
    const char* mode;
    const char* dest;
    bool websocket;
    bool cookie;
    Credential credential;
    Outcome outcome;
};

constexpr auto session = Credential::session;
constexpr auto bearer = Credential::bearer;
constexpr auto none = Credential::none;
constexpr auto open = Credential::not_asked;

// clang-format off
const Row rows[] = {
    // a page of ours, and a person's own doing
    {"typed address",               "GET",  "/",        "",     "none",        "navigate", "document", false, true, session, Outcome::pass},
    {"typed deep address",          "GET",  "/x?y=1",   "",     "none",        "navigate", "document", false, true, session, Outcome::pass},
    {"own picture",                 "GET",  "/a.png",   "",     "same-origin", "no-cors",  "image",    false, true, session, Outcome::pass},
    {"own change",                  "POST", "/prompt",  "same", "same-origin", "cors",     "empty",    false, true, session, Outcome::pass},
    {"own change, old browser",     "POST", "/prompt",  "same", "",            "",         "",         false, true, session, Outcome::pass},
    {"own change, no Origin",       "POST", "/prompt",  "",     "same-origin", "cors",     "empty",    false, true, session, Outcome::pass},
    {"own socket",                  "GET",  "/ws",      "same", "same-origin", "websocket","empty",    true,  true, session, Outcome::pass},
    {"own socket, old browser",     "GET",  "/ws",      "same", "",            "",         "",         true,  true, session, Outcome::pass},
    {"reading, old browser",        "GET",  "/a",       "",     "",            "",         "",         false, true, session, Outcome::pass},
    // nobody
    {"nobody",                      "GET",  "/",        "",     "none",        "navigate", "document", false, false, none, Outcome::sign_in},
    {"nobody, a cookie that is none","GET", "/",        "",     "none",        "navigate", "document", false, true,  none, Outcome::sign_in},
    {"nobody, own origin",          "POST", "/prompt",  "same", "same-origin", "cors",     "empty",    false, false, none, Outcome::sign_in},
    {"nobody, foreign",             "POST", "/prompt",  "https://evil.example", "cross-site", "cors", "empty", false, false, none, Outcome::sign_in},
    // scripts
    {"script",                      "POST", "/prompt",  "",     "",            "",         "",         false, false, bearer, Outcome::pass},
    {"script, socket",              "GET",  "/ws",      "",     "",            "",         "",         true,  false, bearer, Outcome::pass},
    {"script in a foreign page",    "POST", "/prompt",  "https://evil.example", "cross-site", "cors", "empty", false, false, bearer, Outcome::pass},
    {"script with a cookie, change","POST", "/prompt",  "",     "",            "",         "",         false, true, session, Outcome::unproven},
    {"script with a cookie, socket","GET",  "/ws",      "",     "",            "",         "",         true,  true, session, Outcome::unproven},
    {"script with a cookie, DELETE","DELETE","/a",      "",     "",            "",         "",         false, true, session, Outcome::unproven},
    {"script with a cookie, method","FROB", "/a",       "",     "",            "",         "",         false, true, session, Outcome::unproven},
    // another site, and another pod, which is same-site
    {"foreign change",              "POST", "/prompt",  "https://evil.example", "cross-site", "cors", "empty", false, true, session, Outcome::foreign},
    {"foreign change, old browser", "POST", "/prompt",  "https://evil.example", "", "", "",              false, true, session, Outcome::foreign},
    {"change of another pod",       "POST", "/prompt",  "https://other-8188.proxy.runpod.net", "same-site", "cors", "empty", false, true, session, Outcome::foreign},
    {"change of another port",      "POST", "/prompt",  "https://abc123-8765.proxy.runpod.net", "same-site", "cors", "empty", false, true, session, Outcome::foreign},
    {"change of a sandboxed frame", "POST", "/prompt",  "null", "cross-site",  "cors",     "empty",    false, true, session, Outcome::foreign},
    {"form of another site",        "POST", "/prompt",  "https://evil.example", "cross-site", "navigate", "document", false, true, session, Outcome::foreign},
    {"own Origin, foreign metadata","POST", "/prompt",  "same", "cross-site",  "cors",     "empty",    false, true, session, Outcome::foreign},
    {"foreign Origin, own metadata","POST", "/prompt",  "https://evil.example", "same-origin", "cors", "empty", false, true, session, Outcome::foreign},
    {"two answers in the metadata", "POST", "/prompt",  "same", "same-origin, cross-site", "cors", "empty", false, true, session, Outcome::foreign},
    {"unknown metadata",            "GET",  "/a",       "",     "same-planet", "no-cors",  "image",    false, true, session, Outcome::foreign},
    {"http in place of https",      "POST", "/prompt",  "http://abc123-8188.proxy.runpod.net", "", "", "", false, true, session, Outcome::foreign},
    {"another port in the Origin",  "POST", "/prompt",  "https://abc123-8188.proxy.runpod.net:444", "", "", "", false, true, session, Outcome::foreign},
    {"foreign socket",              "GET",  "/ws",      "https://evil.example", "cross-site", "websocket", "empty", true, true, session, Outcome::foreign},
    {"foreign socket, old browser", "GET",  "/ws",      "https://evil.example", "", "", "",              true, true, session, Outcome::foreign},
    {"foreign picture that reboots","GET",  "/manager/reboot", "", "cross-site", "no-cors", "image",     false, true, session, Outcome::foreign},
    {"same-site picture",           "GET",  "/manager/reboot", "", "same-site", "no-cors", "image",      false, true, session, Outcome::foreign},
    {"foreign frame of the entry",  "GET",  "/",        "",     "cross-site",  "navigate", "iframe",   false, true, session, Outcome::foreign},
    {"foreign fetch of the entry",  "GET",  "/",        "https://evil.example", "cross-site", "cors", "empty", false, true, session, Outcome::foreign},
    {"foreign preflight",           "OPTIONS","/prompt","https://evil.example", "cross-site", "cors", "empty", false, true, session, Outcome::foreign},
    {"foreign prefetch",            "GET",  "/a",       "",     "cross-site",  "no-cors",  "empty",    false, true, session, Outcome::foreign},
    // navigations from elsewhere
    {"foreign link to the entry",   "GET",  "/",        "",     "cross-site",  "navigate", "document", false, true, session, Outcome::pass},
    {"same-site link to the entry", "GET",  "/",        "",     "same-site",   "navigate", "document", false, true, session, Outcome::pass},
    {"foreign link, second entry",  "GET",  "/lab",     "",     "cross-site",  "navigate", "document", false, true, session, Outcome::pass},
    {"foreign link, empty query",   "GET",  "/lab?",    "",     "cross-site",  "navigate", "document", false, true, session, Outcome::pass},
    {"foreign link, two marks",     "GET",  "/lab??",   "",     "cross-site",  "navigate", "document", false, true, session, Outcome::ask},
    {"foreign link elsewhere",      "GET",  "/manager/reboot", "", "cross-site", "navigate", "document", false, true, session, Outcome::ask},
    {"foreign link with a query",   "GET",  "/?do=it",  "",     "cross-site",  "navigate", "document", false, true, session, Outcome::ask},
    {"foreign link, dotted",        "GET",  "/lab/..",  "",     "cross-site",  "navigate", "document", false, true, session, Outcome::ask},
    {"foreign link, encoded",       "GET",  "/%6cab",   "",     "cross-site",  "navigate", "document", false, true, session, Outcome::ask},
    {"foreign link, doubled slash", "GET",  "//",       "",     "cross-site",  "navigate", "document", false, true, session, Outcome::ask},
    {"document, not navigated to",  "GET",  "/",        "",     "cross-site",  "no-cors",  "document", false, true, session, Outcome::foreign},
    {"foreign link as a socket",    "GET",  "/",        "",     "cross-site",  "navigate", "document", true,  true, session, Outcome::foreign},
    // without a login
    {"open: own change",            "POST", "/prompt",  "same", "same-origin", "cors",     "empty",    false, false, open, Outcome::pass},
    {"open: a script",              "POST", "/prompt",  "",     "",            "",         "",         false, false, open, Outcome::pass},
    {"open: foreign change",        "POST", "/prompt",  "https://evil.example", "cross-site", "cors", "empty", false, false, open, Outcome::foreign},
    {"open: foreign socket",        "GET",  "/ws",      "https://evil.example", "", "", "",              true, false, open, Outcome::foreign},
    {"open: foreign picture",       "GET",  "/reboot",  "",     "cross-site",  "no-cors",  "image",    false, false, open, Outcome::foreign},
};
// clang-format on

RequestFacts facts_of(const Row& row, const std::string& host) {
    RequestFacts facts{row.method, row.target, host,     8188,          row.origin,
                       row.site,   row.mode,   row.dest, row.websocket, row.cookie};
    if (facts.origin == "same") facts.origin = "https://" + host;
    return facts;
}

}  // namespace

TEST_CASE("each way a request can come has its outcome") {
    for (const Row& row : rows) {
        INFO(row.what);
        const Decision decision = decide(facts_of(row, proxy), row.credential, {false, {"/", "/lab"}}, own());
        CHECK(decision.outcome == row.outcome);
        CHECK(decision.reason.empty() == (row.outcome == Outcome::pass));
    }
}

TEST_CASE("whatever else a request says, a host that is not ours is misdirected") {
    for (const Row& row : rows)
        for (const char* host :
             {"evil.example", "abc123-8765.proxy.runpod.net", "abc123-8188.proxy.runpod.net.evil.example",
              "other-8188.proxy.runpod.net", "", "203.0.113.9:8188", "127.0.0.1.evil.example",
              "abc123-8188.proxy.runpod.net:8188", "localhost:8188:1", "user@localhost"}) {
            INFO(row.what << " at " << host);
            CHECK(decide(facts_of(row, host), row.credential, {}, own()).outcome == Outcome::misdirected);
        }
}

TEST_CASE("the console's own pages may be opened by a link from anywhere, and nothing else of them") {
    const RequestFacts link{"GET",
                            "/installation-status?x=1",
                            "abc123-8765.proxy.runpod.net",
                            8765,
                            "",
                            "cross-site",
                            "navigate",
                            "document",
                            false,
                            true};
    CHECK(decide(link, session, {true, {}}, own()).outcome == Outcome::pass);
    RequestFacts read = link;
    read.fetch_mode = "cors";
    read.fetch_dest = "empty";
    CHECK(decide(read, session, {true, {}}, own()).outcome == Outcome::foreign);
    RequestFacts change = link;
    change.method = "POST";
    CHECK(decide(change, session, {true, {}}, own()).outcome == Outcome::foreign);
}

TEST_CASE("a named origin is the request's own, and no other is") {
    RequestFacts change{
        "POST", "/prompt", "comfy.example.org", 8188, "https://comfy.example.org", "same-origin", "cors", "empty",
        false,  true};
    CHECK(decide(change, session, {}, own()).outcome == Outcome::pass);
    change.origin = "https://" + proxy;
    CHECK(decide(change, session, {}, own()).outcome == Outcome::foreign);
    change.port = 8765;
    CHECK(decide(change, session, {}, own()).outcome == Outcome::misdirected);
}

}  // namespace tmplbuild::console
