// SPDX-License-Identifier: Apache-2.0
#include "console/web/authorize.hpp"

#include "console/policy/cookies.hpp"

namespace tmplbuild::console {

RequestFacts facts_of(const Request& request) {
    RequestFacts out;
    out.method = request.method;
    out.target = request.target;
    out.host = request.header("host");
    out.port = request.port;
    out.origin = request.header("origin");
    out.fetch_site = request.header("sec-fetch-site");
    out.fetch_mode = request.header("sec-fetch-mode");
    out.fetch_dest = request.header("sec-fetch-dest");
    out.websocket = !request.header("x-tmplbuild-upgrade").empty();
    out.own_cookie = has_ours(request.header("cookie"));
    return out;
}

static void find_credential(const Request& request, const Keys& keys, UnixMs now, Visitor& visitor) {
    if (keys.no_login) {
        visitor.credential = Credential::not_asked;
        return;
    }
    const auto bearer = bearer_of(request.header("authorization"));
    if (bearer && keys.tokens != nullptr) {
        if (auto id = keys.tokens->find(*bearer, now)) {
            visitor.credential = Credential::bearer;
            visitor.token = std::move(*id);
            return;
        }
    }
    if (keys.sessions == nullptr || !visitor.here) return;
    const std::string name = session_cookie(*visitor.here);
    // Others may have set cookies of this name for a whole site: any of them that is valid counts.
    for (const std::string& token : values_of(request.header("cookie"), name)) {
        visitor.session = keys.sessions->find(token, *visitor.here, now);
        if (!visitor.session) continue;
        visitor.credential = Credential::session;
        return;
    }
}

Visitor look_at(const Request& request, const Keys& keys, const std::vector<std::string>* entry, UnixMs now) {
    Visitor out;
    out.facts = facts_of(request);
    out.here = keys.origins.of_request(out.facts.host, request.port);
    find_credential(request, keys, now, out);
    Destination destination{.own_pages = entry == nullptr};
    if (entry != nullptr) destination.entry = *entry;
    out.decision = decide(out.facts, out.credential, destination, keys.origins);
    return out;
}

bool is_too_early(const Request& request, const Visitor& visitor, const Keys& keys) {
    if (visitor.decision.outcome != Outcome::sign_in) return false;
    const auto bearer = bearer_of(request.header("authorization"));
    if (bearer && looks_like_ours(*bearer)) return keys.tokens == nullptr;
    return keys.sessions == nullptr && !keys.no_password && has_ours(request.header("cookie"));
}

Answer authorize_answer(const Request& request, const Visitor& visitor) {
    if (visitor.decision.outcome == Outcome::sign_in) return bare_answer(401);
    if (visitor.decision.outcome != Outcome::pass || !visitor.here) return bare_answer(403);
    const std::string authorization = request.header("authorization");
    Answer out = bare_answer(204);
    out.with("X-Tmplbuild-Cookie", without_ours(request.header("cookie")))
        .with("X-Tmplbuild-Authorization", holds_ours(authorization) ? "" : authorization)
        .with("X-Tmplbuild-Proto", visitor.here->scheme);
    return out;
}

unsigned status_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::pass:
            return 200;
        case Outcome::misdirected:
            return 421;
        case Outcome::sign_in:
            return 401;
        case Outcome::ask:
        case Outcome::foreign:
        case Outcome::unproven:
            return 403;
    }
    return 403;
}

}  // namespace tmplbuild::console
