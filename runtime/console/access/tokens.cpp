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

bool BearerTokens::is_valid(std::string_view text, UnixMs now) {
    if (!looks_like_ours(text)) return false;
    const Digest digest = Sha256::of(text);
    const auto found =
        std::find_if(tokens_.begin(), tokens_.end(), [&](const Token& token) { return token.digest == digest; });
    if (found == tokens_.end()) return false;
    found->used = now;
    return true;
}

std::string BearerTokens::keep() const {
    json::array tokens;
    for (const Token& token : tokens_)
        tokens.push_back(json::object{{"id", token.id},
                                      {"name", token.name},
                                      {"sha256", token.digest.hex()},
                                      {"made", token.made},
                                      {"used", token.used}});
    return json::compact(json::object{{"version", 1}, {"tokens", tokens}});
}

Result<void> BearerTokens::take_over(std::string_view kept) {
    const auto parsed = json::parse(kept, "tokens");
    if (!parsed) return parsed.error();
    if (!parsed->is_object()) return usage_error("the kept tokens are no JSON object");
    const auto list = json::get_array(parsed->get_object(), "tokens");
    if (!list) return list.error();
    std::vector<Token> read;
    for (const json::value& value : **list) {
        if (!value.is_object() || read.size() >= at_most)
            return usage_error("the kept tokens are not as they were written");
        const json::object& entry = value.get_object();
        const auto digest = Digest::parse_hex(json::string_or(entry, "sha256", ""));
        Token token{json::string_or(entry, "id", ""), json::string_or(entry, "name", ""), digest ? *digest : Digest(),
                    json::int_or(entry, "made", 0), json::int_or(entry, "used", 0)};
        if (!digest || !is_hex(token.id, 8) || !is_token_name(token.name))
            return usage_error("the kept tokens are not as they were written");
        read.push_back(std::move(token));
    }
    tokens_ = std::move(read);
    return {};
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
