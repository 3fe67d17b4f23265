// SPDX-License-Identifier: Apache-2.0
#include "podlog/masker.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tmplbuild::launch {

static constexpr std::size_t shortest_secret = 4;

bool Masker::hide(std::string_view value) {
    bool hidden = trim(value).empty();
    for (const std::string& line : split(value, '\n')) {
        const std::string part(trim(line));
        if (part.size() < shortest_secret) continue;
        hidden = true;
        if (std::find(values_.begin(), values_.end(), part) == values_.end()) values_.push_back(part);
    }
    std::stable_sort(values_.begin(), values_.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
    return hidden;
}

void Masker::apply(std::string& text) const {
    for (const std::string& value : values_) {
        std::size_t at = text.find(value);
        if (at == std::string::npos) continue;
        std::string out;
        std::size_t from = 0;
        for (; at != std::string::npos; at = text.find(value, from)) {
            out.append(text, from, at - from).append("***");
            from = at + value.size();
        }
        text = out.append(text, from);
    }
}

std::size_t Masker::safe_cut(std::string_view text) const {
    std::size_t cut = text.size();
    for (const std::string& value : values_) {
        const std::size_t longest = std::min(value.size() - 1, text.size());
        for (std::size_t n = longest; n > 0; --n)
            if (text.ends_with(std::string_view(value).substr(0, n))) {
                cut = std::min(cut, text.size() - n);
                break;
            }
    }
    return cut;
}

bool names_secret(std::string_view variable) {
    std::string name(variable);
    for (char& c : name)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    for (const char* word : {"TOKEN", "TOKENS", "PASSWORD", "PASSWD", "PASS", "PASSPHRASE", "SECRET", "SECRETS",
                             "CREDENTIAL", "CREDENTIALS", "API_KEY", "APIKEY", "ACCESS_KEY", "PRIVATE_KEY",
                             "SECRET_KEY", "ENCRYPTION_KEY", "AUTH_KEY", "AUTHKEY"}) {
        const std::string_view ending(word);
        if (!name.ends_with(ending)) continue;
        // A whole word: "BYPASS" does not hold a secret, "HF_TOKEN" and "HFTOKEN" do.
        const bool whole = name.size() == ending.size() || name[name.size() - ending.size() - 1] == '_';
        if (whole || ending != "PASS") return true;
    }
    return false;
}

}  // namespace tmplbuild::launch
