// SPDX-License-Identifier: Apache-2.0
#include "console/access/sessions.hpp"

#include <algorithm>
#include <vector>

#include "base/grammar.hpp"
#include "base/json.hpp"
#include "sys/random.hpp"

namespace tmplbuild::console {
namespace {

constexpr std::size_t token_bytes = 32, csrf_bytes = 16, id_bytes = 16;

// What was used a moment ago need not be noted again: keep() is written with each change.
constexpr UnixMs use_is_noted_every_ms = 60'000;

}  // namespace

bool Sessions::is_over(const Session& session, UnixMs now) const {
    return now - session.used > idle_ms || now - session.made > lifetime_ms;
}

void Sessions::forget_over(UnixMs now) {
    std::erase_if(sessions_, [&](const auto& entry) { return is_over(entry.second, now); });
    std::erase_if(tokens_, [&](const auto& entry) { return !sessions_.contains(entry.second.session); });
}

void Sessions::make_room() {
    if (sessions_.size() < at_most) return;
    const auto oldest = std::min_element(sessions_.begin(), sessions_.end(),
                                         [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
    sign_out(std::string(oldest->first));
}

std::string Sessions::sign_in(const Origin& origin, UnixMs now) {
    forget_over(now);
    make_room();
    const std::string id = sys::random_hex(id_bytes), csrf = sys::random_hex(csrf_bytes);
    if (id.empty() || csrf.empty()) return {};
    sessions_[id] = {csrf, now, now};
    return add(id, origin, now);
}

std::string Sessions::add(const std::string& session, const Origin& origin, UnixMs now) {
    if (!is_alive(session, now)) return {};
    std::string token = sys::random_hex(token_bytes);
    if (token.empty()) return {};
    std::vector<std::map<Digest, Token>::iterator> of_session;
    for (auto at = tokens_.begin(); at != tokens_.end(); ++at)
        if (at->second.session == session) of_session.push_back(at);
    if (of_session.size() >= tokens_at_most)
        tokens_.erase(*std::min_element(of_session.begin(), of_session.end(),
                                        [](auto a, auto b) { return a->second.made < b->second.made; }));
    tokens_[Sha256::of(token)] = {session, origin.to_string(), now};
    ++version_;
    return token;
}

std::optional<Sessions::Found> Sessions::find(std::string_view token, const Origin& origin, UnixMs now) {
    if (!is_hex(token, token_bytes * 2)) return std::nullopt;
    // Looked up by digest: the time that this takes says nothing about the tokens that there are.
    const auto found = tokens_.find(Sha256::of(token));
    if (found == tokens_.end() || found->second.origin != origin.to_string()) return std::nullopt;
    const auto session = sessions_.find(found->second.session);
    if (session == sessions_.end() || is_over(session->second, now)) return std::nullopt;
    if (now - session->second.used > use_is_noted_every_ms) {
        session->second.used = now;
        ++version_;
    }
    return Found{session->first, session->second.csrf};
}

bool Sessions::is_alive(const std::string& session, UnixMs now) const {
    const auto found = sessions_.find(session);
    return found != sessions_.end() && !is_over(found->second, now);
}

std::optional<UnixMs> Sessions::alive_until(const std::string& session) const {
    const auto found = sessions_.find(session);
    if (found == sessions_.end()) return std::nullopt;
    return std::min(found->second.used + idle_ms, found->second.made + lifetime_ms);
}

void Sessions::sign_out(const std::string& session) {
    std::erase_if(tokens_, [&](const auto& entry) { return entry.second.session == session; });
    sessions_.erase(session);
    ++version_;
}

void Sessions::sign_out_all() {
    tokens_.clear();
    sessions_.clear();
    ++version_;
}

std::string Sessions::keep() const {
    json::object sessions, tokens;
    for (const auto& [id, session] : sessions_)
        sessions[id] = json::object{{"csrf", session.csrf}, {"made", session.made}, {"used", session.used}};
    for (const auto& [digest, token] : tokens_)
        tokens[digest.hex()] = json::object{{"session", token.session}, {"origin", token.origin}, {"made", token.made}};
    return json::compact(json::object{{"password", password_mark_.hex()}, {"sessions", sessions}, {"tokens", tokens}});
}

void Sessions::take_over(std::string_view kept, UnixMs now) {
    const auto parsed = json::parse(kept, "sessions");
    if (!parsed || !parsed->is_object()) return;
    const json::object& top = parsed->get_object();
    const auto sessions = json::get_object(top, "sessions");
    const auto tokens = json::get_object(top, "tokens");
    if (json::string_or(top, "password", "") != password_mark_.hex() || !sessions || !tokens) return;
    for (const auto& [id, value] : **sessions) {
        if (!is_hex(id, id_bytes * 2) || !value.is_object() || sessions_.size() >= at_most) continue;
        const json::object& session = value.get_object();
        const std::string csrf = json::string_or(session, "csrf", "");
        if (!is_hex(csrf, csrf_bytes * 2)) continue;
        sessions_[id] = {csrf, json::int_or(session, "made", 0), json::int_or(session, "used", 0)};
    }
    for (const auto& [hex, value] : **tokens) {
        const auto digest = Digest::parse_hex(hex);
        if (!digest || !value.is_object() || tokens_.size() >= at_most * tokens_at_most) continue;
        const json::object& token = value.get_object();
        tokens_[*digest] = {json::string_or(token, "session", ""), json::string_or(token, "origin", ""),
                            json::int_or(token, "made", 0)};
    }
    forget_over(now);
}

}  // namespace tmplbuild::console
