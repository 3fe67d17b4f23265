// SPDX-License-Identifier: Apache-2.0
// Turns a request's headers into what the policy judges, finds what the request proves about its sender, and gives the
// gateway its answer. Used by every route. Decides nothing itself: console/policy does.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "console/access/sessions.hpp"
#include "console/access/tokens.hpp"
#include "console/policy/decide.hpp"
#include "console/web/answer.hpp"
#include "console/web/request.hpp"

namespace tmplbuild::console {

// A request's sender.
struct Visitor {
    RequestFacts facts{};
    std::optional<Origin> here{};  // the origin that it came to; none: a host that is not ours
    Credential credential = Credential::none;
    std::optional<Sessions::Found> session{};
    std::string token{};  // the bearer token's id
    Decision decision{};
};

// What a visitor is compared with. The sessions are null until the password is known, the tokens until they were read.
struct Keys {
    const OwnOrigins& origins;
    Sessions* sessions = nullptr;
    BearerTokens* tokens = nullptr;
    bool no_login = false;     // CONSOLE_AUTH=none
    bool no_password = false;  // and there will be none: sessions stay null
};

RequestFacts facts_of(const Request& request);
// `entry`: a service's paths; the console's own pages where none are given.
Visitor look_at(const Request& request, const Keys& keys, const std::vector<std::string>* entry, UnixMs now);

// Whether it shows what may be right, and cannot be compared yet: a console that was started again a moment ago must
// not send people to sign in who have.
bool is_too_early(const Request& request, const Visitor& visitor, const Keys& keys);

// The answer to the gateway's question: 204 with what the service may see, 401 or 403.
Answer authorize_answer(const Request& request, const Visitor& visitor);

// The HTTP status for somebody who may not pass.
unsigned status_of(Outcome outcome);

}  // namespace tmplbuild::console
