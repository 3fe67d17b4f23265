// SPDX-License-Identifier: Apache-2.0
#include "console/access/tokens.hpp"

#include <algorithm>

#include "base/grammar.hpp"
#include "base/json.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "sys/random.hpp"

namespace tmplbuild::console {
namespace {

constexpr std::string_view prefix = "tmplbuild_";

bool is_token_name(std::string_view name) {
    return !name.empty() && name.size() <= 80 && is_utf8(name) && visible(name) == name && trim(name) == name;
}

json::array written_tokens(const std::vector<BearerTokens::Token>& list) {
    json::array out;
    for (const BearerTokens::Token& token : list)
        out.push_back(json::object{{"id", token.id},
                                   {"name", token.name},
                                   {"sha256", token.digest.hex()},
                                   {"made", token.made},
                                   {"used", token.used}});
    return out;
}

Result<std::vector<BearerTokens::Token>> read_tokens(const json::object& object, const char* key) {
    const auto list = json::get_array(object, key);
    if (!list) return list.error();
    std::vector<BearerTokens::Token> read;
    for (const json::value& value : **list) {
        if (!value.is_object() || read.size() >= BearerTokens::at_most)
            return usage_error("the kept tokens are not as they were written");
        const json::object& entry = value.get_object();
        const auto digest = Digest::parse_hex(json::string_or(entry, "sha256", ""));
        BearerTokens::Token token{json::string_or(entry, "id", ""), json::string_or(entry, "name", ""),
                                  digest ? *digest : Digest(), json::int_or(entry, "made", 0),
                                  json::int_or(entry, "used", 0)};
        if (!digest || !is_hex(token.id, 8) || !is_token_name(token.name))
            return usage_error("the kept tokens are not as they were written");
        read.push_back(std::move(token));
    }
    return read;
}

}  // namespace

Result<BearerTokens::Made> BearerTokens::make(std::string_view name, UnixMs now) {
    if (!is_token_name(name))
        return usage_error("a token needs a name of 1 to 80 bytes without control characters",
                           "name it after the script that uses it");
    if (tokens_.size() >= at_most)
        return usage_error("there are " + std::to_string(at_most) + " tokens already", "withdraw one first");
    const std::string id = sys::random_hex(4), secret = sys::random_hex(32);
    if (id.empty() || secret.empty()) return machine_error("the kernel gives no random numbers");
    const Made made{id, std::string(prefix) + secret};
    tokens_.push_back({id, std::string(name), Sha256::of(made.text), now, 0});
    return made;
}

bool BearerTokens::withdraw(std::string_view id) {
    return std::erase_if(tokens_, [&](const Token& token) { return token.id == id; }) != 0;
}

std::optional<std::string> BearerTokens::find(std::string_view text, UnixMs now) {
    if (!looks_like_ours(text)) return std::nullopt;
    const Digest digest = Sha256::of(text);
    const auto found =
        std::find_if(tokens_.begin(), tokens_.end(), [&](const Token& token) { return token.digest == digest; });
    if (found == tokens_.end()) return std::nullopt;
    found->used = now;
    return found->id;
}

bool BearerTokens::has(std::string_view id) const {
    return std::any_of(tokens_.begin(), tokens_.end(), [&](const Token& token) { return token.id == id; });
}

void BearerTokens::apply(const TokenChange& change) {
    for (const Token& token : change.made) {
        withdraw(token.id);
        if (tokens_.size() < at_most) tokens_.push_back(token);
    }
    for (const std::string& id : change.withdrawn) withdraw(id);
    for (Token& token : tokens_)
        if (const auto used = change.used.find(token.id); used != change.used.end())
            token.used = std::max(token.used, used->second);
}

void BearerTokens::note_uses(const BearerTokens& other) {
    for (Token& token : tokens_)
        for (const Token& same : other.tokens_)
            if (same.id == token.id) token.used = std::max(token.used, same.used);
}

std::string BearerTokens::keep() const {
    return json::compact(json::object{{"version", 1}, {"tokens", written_tokens(tokens_)}});
}

Result<void> BearerTokens::take_over(std::string_view kept) {
    const auto parsed = json::parse(kept, "tokens");
    if (!parsed) return parsed.error();
    if (!parsed->is_object()) return usage_error("the kept tokens are no JSON object");
    auto read = read_tokens(parsed->get_object(), "tokens");
    if (!read) return read.error();
    tokens_ = std::move(*read);
    return {};
}

std::string TokenChange::to_text() const {
    json::object uses;
    for (const auto& [id, at] : used) uses[id] = at;
    return json::compact(json::object{{"made", written_tokens(made)},
                                      {"withdrawn", json::array(withdrawn.begin(), withdrawn.end())},
                                      {"used", uses}});
}

Result<TokenChange> TokenChange::parse(std::string_view text) {
    const auto parsed = json::parse(text, "the change of tokens");
    if (!parsed) return parsed.error();
    if (!parsed->is_object()) return usage_error("the change of tokens is no JSON object");
    const json::object& top = parsed->get_object();
    auto made = read_tokens(top, "made");
    if (!made) return made.error();
    const auto ids = json::get_array(top, "withdrawn");
    const auto uses = json::get_object(top, "used");
    if (!ids || !uses) return usage_error("the change of tokens is not as it was written");
    TokenChange out{.made = std::move(*made)};
    for (const json::value& id : **ids)
        if (id.is_string()) out.withdrawn.emplace_back(id.get_string());
    for (const auto& [id, at] : **uses)
        if (at.is_int64()) out.used[std::string(id)] = at.get_int64();
    return out;
}

std::optional<std::string> bearer_of(std::string_view authorization) {
    const std::string_view text = trim(authorization);
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos || to_lower(text.substr(0, space)) != "bearer") return std::nullopt;
    return std::string(trim(text.substr(space)));
}

bool looks_like_ours(std::string_view bearer) { return bearer.starts_with(prefix); }

bool holds_ours(std::string_view authorization) { return authorization.find(prefix) != std::string_view::npos; }

}  // namespace tmplbuild::console
