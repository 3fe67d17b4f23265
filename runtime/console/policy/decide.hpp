// SPDX-License-Identifier: Apache-2.0
// Who may pass: the one decision that is made for each request to a service behind the gateway and to the console's own
// pages, as a pure function of the request and of what it proved about its sender. The headers that it reads are those
// of the Fetch Metadata draft (www.w3.org/TR/fetch-metadata) and RFC 6454; docs/console.md, "Who may pass", is the
// table. Never answers a request itself: web/ turns an outcome into a page.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "console/policy/own_origins.hpp"

namespace tmplbuild::console {

// What a request said. A header that came several times is joined by ", ", one that did not come is empty: an empty
// Origin or Sec-Fetch header is as unknown as none.
struct RequestFacts {
    std::string method;       // as it was sent: "GET"
    std::string target;       // as it was sent, undecoded, with its query: "/queue?x=1"
    std::string host;         // the Host header
    std::uint16_t port = 0;   // the public port that it came to
    std::string origin;       // Origin
    std::string fetch_site;   // Sec-Fetch-Site
    std::string fetch_mode;   // Sec-Fetch-Mode
    std::string fetch_dest;   // Sec-Fetch-Dest
    bool websocket = false;   // an Upgrade header was sent
    bool own_cookie = false;  // a cookie of ours was sent, valid or not
};

// What the request proved. A bearer token counts before a session.
enum class Credential {
    none,
    session,
    bearer,
    not_asked,  // CONSOLE_AUTH=none
};

// Where it wants to go.
struct Destination {
    // The console's own pages: their GETs change nothing, so a navigation from elsewhere may open any of them.
    bool own_pages = false;
    std::vector<std::string> entry{"/"};  // paths of a service that a navigation from elsewhere may open
};

enum class Outcome {
    pass,
    misdirected,  // 421: the host is not one of ours
    sign_in,      // 401: nothing proves who sends it
    ask,          // 403 as a page with a link: a navigation from elsewhere to a path that may do something
    foreign,      // 403: another site's page sends it
    unproven,     // 403: a change with a cookie and without a word on where it comes from
};

struct Decision {
    Outcome outcome = Outcome::sign_in;
    std::string reason;  // in words, for the page and for API clients; empty when it passes
};

Decision decide(const RequestFacts& request, Credential credential, const Destination& destination,
                const OwnOrigins& own);

// GET, HEAD and OPTIONS without an upgrade change nothing, as far as a service keeps to RFC 9110, section 9.2.1.
bool is_change(const RequestFacts& request);
// Whether another site's page, or another port's, sends it, as far as its headers tell: what they do not say is no yes.
bool is_foreign(const RequestFacts& request, const Origin& own);

}  // namespace tmplbuild::console
