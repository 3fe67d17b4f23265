// SPDX-License-Identifier: Apache-2.0
#include "registry/token.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "registry/refusal.hpp"
#include "registry/reply.hpp"

namespace tmplbuild::registry {

namespace {

constexpr std::uint64_t longest_reply = 1 << 20;     // bytes
constexpr std::int64_t longest_life = 24 * 60 * 60;  // seconds; a longer life is not believed

// RFC 6750, section 2.1, and no longer than a header may be.
bool is_bearer_token(std::string_view text) {
    return !text.empty() && text.size() <= (64 << 10) && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-._~+/=").find(c) != std::string_view::npos;
    });
}

Result<Token> read_token(const std::string& body, const std::string& from) {
    const auto document = json::parse(body, from);
    if (!document || !document->is_object()) return network_error(from + " did not answer with JSON");
    const json::object& said = document->get_object();
    Token token{json::string_or(said, "token", "")};
    if (token.text.empty()) token.text = json::string_or(said, "access_token", "");
    if (!is_bearer_token(token.text)) return network_error(from + " answered without a token");
    if (const std::int64_t lasts = json::int_or(said, "expires_in", 0); lasts > 0)
        token.lasts = std::chrono::seconds(std::min(lasts, longest_life));
    return token;
}

std::string scope_list(const std::set<std::string>& scopes) { return join({scopes.begin(), scopes.end()}, " "); }

// The request of "Token Authentication", "Requesting a Token".
void make_get(const TokenQuestion& question, io::HttpRequest& request) {
    const auto add = [&](const std::string& name, const std::string& value) {
        request.url = with_query(request.url, name + "=" + percent_encoded(value));
    };
    if (!question.service.empty()) add("service", question.service);
    for (const std::string& scope : question.scopes) add("scope", scope);
    if (!question.credential) return;
    add("account", question.credential->user);
    request.headers["Authorization"] = question.credential->basic();
}

// The request of "OAuth2 Token Authentication", "Getting a token".
void make_post(const TokenQuestion& question, io::HttpRequest& request) {
    request.method = io::HttpMethod::post;
    request.headers["Content-Type"] = "application/x-www-form-urlencoded";
    request.body =
        io::HttpBody::of("grant_type=refresh_token&client_id=tmplbuild&service=" + percent_encoded(question.service) +
                         "&scope=" + percent_encoded(scope_list(question.scopes)) +
                         "&refresh_token=" + percent_encoded(question.credential->identity_token));
}

}  // namespace

Result<Token> ask_for_token(io::Http& http, const TokenQuestion& question, const std::stop_token& stop) {
    io::HttpRequest request = question.how;
    request.url = question.realm;
    request.limit = longest_reply;
    request.netrc = false;
    SecretMask mask;
    if (question.credential) question.credential->hide_in(mask);
    if (question.credential && !question.credential->identity_token.empty())
        make_post(question, request);
    else
        make_get(question, request);
    const std::string from = "the token server '" + io::printable_url(question.realm) + "'";
    auto response = http.send(request, stop);
    if (!response) return response.error();
    if (response->status == 200) return read_token(response->body, from);
    const bool is_login_refused = question.credential && (response->status == 401 || response->status == 403);
    Error error = refusal(from + " gives no token", *response, mask);
    if (is_login_refused) error.hint = "the login in '" + question.credential->source + "' is wrong or has ended";
    return error;
}

}  // namespace tmplbuild::registry
