// SPDX-License-Identifier: Apache-2.0
#include "console/policy/decide.hpp"

#include <algorithm>

#include "base/printable.hpp"

namespace tmplbuild::console {
namespace {

// A person follows a link or types an address; never a picture, a script or a frame of another page.
bool is_top_navigation(const RequestFacts& request) {
    return (request.method == "GET" || request.method == "HEAD") && !request.websocket &&
           request.fetch_mode == "navigate" && request.fetch_dest == "document";
}

// Exactly one of the paths, as it stands: an encoded or a dotted spelling is another one, and so is a query, since it
// may be what changes something. An empty one, which some services' redirects have, changes nothing.
bool is_entry(std::string_view target, const std::vector<std::string>& entry) {
    if (target.ends_with('?')) target.remove_suffix(1);
    return std::find(entry.begin(), entry.end(), target) != entry.end();
}

Decision from_elsewhere(const RequestFacts& request, const Destination& destination) {
    if (!is_top_navigation(request))
        return {Outcome::foreign,
                "another site's page, or another port's, sent this request: only pages of this address may"};
    if (destination.own_pages || is_entry(request.target, destination.entry)) return {Outcome::pass, {}};
    return {Outcome::ask, "a page of another site sent you to " +
                              visible(request.target.substr(0, request.target.find('?'))) +
                              ": open it from here, if that is what you want"};
}

}  // namespace

bool is_change(const RequestFacts& request) {
    return request.websocket || (request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS");
}

bool is_foreign(const RequestFacts& request, const Origin& own) {
    if (!request.origin.empty() && Origin::parse(request.origin) != own) return true;
    // "none" is a person's own doing: an address that was typed, a bookmark.
    return !request.fetch_site.empty() && request.fetch_site != "same-origin" && request.fetch_site != "none";
}

Decision decide(const RequestFacts& request, Credential credential, const Destination& destination,
                const OwnOrigins& own) {
    const auto here = own.of_request(request.host, request.port);
    if (!here)
        return {Outcome::misdirected,
                "this pod is not known as '" + visible(request.host) +
                    "': open it by RunPod's link or on loopback, or name the address in CONSOLE_ORIGINS"};
    if (credential == Credential::none) return {Outcome::sign_in, "sign in first"};
    if (credential == Credential::bearer) return {Outcome::pass, {}};  // no browser adds one by itself
    if (is_foreign(request, *here)) return from_elsewhere(request, destination);
    const bool says_whence = !request.origin.empty() || !request.fetch_site.empty();
    if (is_change(request) && request.own_cookie && !says_whence)
        return {Outcome::unproven,
                "a change with a cookie needs an Origin header, which browsers send: scripts use a bearer token, made "
                "on the console's page"};
    return {Outcome::pass, {}};
}

}  // namespace tmplbuild::console
