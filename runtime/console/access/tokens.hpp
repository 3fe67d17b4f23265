// SPDX-License-Identifier: Apache-2.0
// Bearer tokens for scripts (RFC 6750), made and withdrawn on the console's page. Only their digests are kept; the text
// is shown once. A caller keeps keep()'s text on the volume. Never reads a clock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "console/access/sessions.hpp"

namespace tmplbuild::console {

struct TokenChange;

class BearerTokens {
  public:
    static constexpr std::size_t at_most = 100;

    struct Token {
        std::string id;    // 8 hex digits, for the list and for withdrawing
        std::string name;  // the user's own, 1..80 bytes of UTF-8 without control characters
        Digest digest;
        UnixMs made = 0, used = 0;  // used 0: not yet
    };
    struct Made {
        std::string id, text;  // "tmplbuild_" and 64 hex digits
    };

    Result<void> take_over(std::string_view kept);  // what keep() wrote; an error leaves this as it was
    std::string keep() const;                       // one line of JSON

    Result<Made> make(std::string_view name, UnixMs now);
    bool withdraw(std::string_view id);
    std::optional<std::string> find(std::string_view text, UnixMs now);  // its id; notes the use
    bool is_valid(std::string_view text, UnixMs now) { return find(text, now).has_value(); }
    bool has(std::string_view id) const;
    const std::vector<Token>& all() const { return tokens_; }
    // What a change has that is not here, within `at_most`; withdrawn wins over made.
    void apply(const TokenChange& change);
    void note_uses(const BearerTokens& other);  // the later one of each token's latest uses

  private:
    std::vector<Token> tokens_;
};

// What is to change in the tokens that several pods keep together.
struct TokenChange {
    std::vector<BearerTokens::Token> made{};
    std::vector<std::string> withdrawn{};  // ids
    std::map<std::string, UnixMs> used{};  // by id

    bool is_empty() const { return made.empty() && withdrawn.empty(); }
    std::string to_text() const;  // one line of JSON
    static Result<TokenChange> parse(std::string_view text);
};

// The token of an Authorization header, "Bearer …" in any case; none for other schemes.
std::optional<std::string> bearer_of(std::string_view authorization);
// Whether it looks like one of ours, valid or not.
bool looks_like_ours(std::string_view bearer);
// Whether a header has what looks like one of ours anywhere, in whatever scheme and spelling: it never reaches a
// service.
bool holds_ours(std::string_view authorization);

}  // namespace tmplbuild::console
