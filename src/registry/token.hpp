// SPDX-License-Identifier: Apache-2.0
// Gets tokens from a registry's token server: distribution's "Token Authentication" (GET, with a name and password or
// anonymously) and "OAuth2 Token Authentication" (POST, with an identity token). Used by the registry's session, which
// decides where the realm may lead. Never shows a token.
#pragma once

#include <chrono>
#include <set>
#include <stop_token>
#include <string>

#include "io/http.hpp"
#include "registry/challenge.hpp"
#include "registry/credentials.hpp"

namespace tmplbuild::registry {

struct Token {
    std::string text;
    std::chrono::seconds lasts{60};  // from now; 60 s where the server does not say
};

// A session's request for a token: the realm as a URL that may be asked, scopes as "repository:me/image:pull".
struct TokenQuestion {
    std::string realm, service;
    std::set<std::string> scopes{};
    std::optional<Credential> credential{};  // none: anonymous
    io::HttpRequest how{};                   // only its rules are used: kept_out, may_redirect, on_pause
};
Result<Token> ask_for_token(io::Http& http, const TokenQuestion& question, const std::stop_token& stop);

}  // namespace tmplbuild::registry
