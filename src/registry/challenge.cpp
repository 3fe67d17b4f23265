// SPDX-License-Identifier: Apache-2.0
#include "registry/challenge.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"

namespace tmplbuild::registry {

namespace {

bool is_token_char(char c) {  // RFC 9110, section 5.6.2
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// More than section 11.2 permits; it is skipped here anyway.
bool is_token68_char(char c) { return is_token_char(c) || c == '/'; }

class ChallengeReader {
  public:
    explicit ChallengeReader(std::string_view text) : text_(text) {}

    std::vector<Challenge> all() {
        std::vector<Challenge> out;
        bool is_doubled = false;
        const auto close = [&] {
            if (is_doubled) out.pop_back();
            is_doubled = false;
        };
        for (;;) {
            skip(" \t,");
            const std::string word = take(is_token_char);
            if (word.empty()) break;
            if (out.empty() || !is_value_next()) {
                close();
                out.push_back({to_lower(word)});
                skip_token68();
                continue;
            }
            ++at_;  // the '='
            skip(" \t");
            const auto value = read_value();
            if (!value) break;
            is_doubled |= !out.back().values.emplace(to_lower(word), *value).second;
        }
        close();
        return out;
    }

  private:
    char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void skip(std::string_view what) {
        while (at_ < text_.size() && what.find(text_[at_]) != std::string_view::npos) ++at_;
    }
    std::string take(bool (*fits)(char)) {
        const std::size_t begin = at_;
        while (at_ < text_.size() && fits(text_[at_])) ++at_;
        return std::string(text_.substr(begin, at_ - begin));
    }
    bool is_value_next() {
        skip(" \t");
        return here() == '=';
    }
    // Skips a single word in place of values, as in "Negotiate YII…==".
    void skip_token68() {
        const std::size_t before = at_;
        skip(" \t");
        if (!take(is_token68_char).empty()) {
            skip("=");
            skip(" \t");
            if (at_ == text_.size() || here() == ',') return;
        }
        at_ = before;
    }
    std::optional<std::string> read_value() {
        if (here() != '"') {
            std::string word = take(is_token_char);
            if (word.empty()) return std::nullopt;
            return word;
        }
        std::string out;
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            if (text_[at_] == '\\' && ++at_ == text_.size()) return std::nullopt;
            out += text_[at_];
        }
        if (at_ == text_.size()) return std::nullopt;  // a quote without end
        ++at_;
        return out;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

std::string Challenge::value(const std::string& name) const {
    const auto at = values.find(name);
    return at == values.end() ? "" : at->second;
}

std::vector<Challenge> parse_challenges(std::string_view header) { return ChallengeReader(header).all(); }

}  // namespace tmplbuild::registry
