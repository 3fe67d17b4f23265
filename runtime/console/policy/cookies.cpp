// SPDX-License-Identifier: Apache-2.0
#include "console/policy/cookies.hpp"

#include "base/text.hpp"

namespace tmplbuild::console {
namespace {

constexpr std::string_view host_session = "__Host-tmplbuild";
constexpr std::string_view host_nonce = "__Host-tmplbuild-nonce";
constexpr std::string_view host_known = "__Host-tmplbuild-known";
constexpr std::string_view plain_session = "tmplbuild-";
constexpr std::string_view plain_nonce = "tmplbuild-nonce-";
constexpr std::string_view plain_known = "tmplbuild-known-";

bool is_port(std::string_view text) { return parse_whole(text, 0, 65535).has_value(); }

bool is_ours(std::string_view name) {
    if (name == host_session || name == host_nonce || name == host_known) return true;
    for (const std::string_view start : {plain_nonce, plain_known, plain_session})
        if (name.starts_with(start) && is_port(name.substr(start.size()))) return true;
    return false;
}

struct Pair {
    std::string_view whole, name, value;  // `whole` as it stands between two semicolons
};

// Splits at each semicolon: one inside quotes separates as well, so that no quote can take a cookie of ours along.
std::vector<Pair> pairs_of(std::string_view header) {
    std::vector<Pair> pairs;
    while (true) {
        const std::size_t end = header.find(';');
        const std::string_view whole = header.substr(0, end);
        const std::string_view text = trim(whole);
        const std::size_t equals = text.find('=');
        if (equals == std::string_view::npos)
            pairs.push_back({whole, text, {}});
        else
            pairs.push_back({whole, trim(text.substr(0, equals)), trim(text.substr(equals + 1))});
        if (end == std::string_view::npos) return pairs;
        header.remove_prefix(end + 1);
    }
}

std::string set_cookie(const Origin& own, std::string name, std::string_view value, std::string_view https_same_site,
                       std::int64_t seconds) {
    std::string text = std::move(name);
    text += "=" + std::string(value) + "; Path=/; HttpOnly";
    if (own.scheme == "https")
        text += "; Secure; SameSite=" + std::string(https_same_site);
    else
        text += "; SameSite=Lax";
    if (seconds != 0) text += "; Max-Age=" + std::to_string(seconds < 0 ? 0 : seconds);
    return text;
}

std::string name_for(const Origin& own, std::string_view https_name, std::string_view plain_start) {
    return own.scheme == "https" ? std::string(https_name) : std::string(plain_start) + std::to_string(own.port);
}

}  // namespace

std::string session_cookie(const Origin& own) { return name_for(own, host_session, plain_session); }

std::string nonce_cookie(const Origin& own) { return name_for(own, host_nonce, plain_nonce); }

std::string known_cookie(const Origin& own) { return name_for(own, host_known, plain_known); }

std::vector<std::string> values_of(std::string_view header, std::string_view name) {
    std::vector<std::string> values;
    for (const Pair& pair : pairs_of(header))
        if (pair.name == name) values.emplace_back(pair.value);
    return values;
}

bool has_ours(std::string_view header) {
    for (const Pair& pair : pairs_of(header))
        if (is_ours(pair.name)) return true;
    return false;
}

std::string without_ours(std::string_view header) {
    if (!has_ours(header)) return std::string(header);
    std::string rest;
    for (const Pair& pair : pairs_of(header)) {
        if (is_ours(pair.name)) continue;
        if (!rest.empty()) rest += ';';
        rest += pair.whole;
    }
    return std::string(trim(rest));
}

std::string set_session(const Origin& own, std::string_view token, std::int64_t seconds) {
    return set_cookie(own, session_cookie(own), token, "Lax", seconds);
}

std::string set_nonce(const Origin& own, std::string_view nonce, std::int64_t seconds) {
    return set_cookie(own, nonce_cookie(own), nonce, "None", seconds);
}

std::string set_known(const Origin& own, std::string_view mark, std::int64_t seconds) {
    return set_cookie(own, known_cookie(own), mark, "Strict", seconds);
}

}  // namespace tmplbuild::console
