// SPDX-License-Identifier: Apache-2.0
#include "base/placeholders.hpp"

namespace tmplbuild {

static bool is_placeholder_word(std::string_view text) {
    if (text.empty() || text.front() < 'a' || text.front() > 'z') return false;
    for (char c : text)
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
    return true;
}

std::vector<TextPiece> pieces_of(std::string_view text) {
    std::vector<TextPiece> out;
    auto plain = [&](std::string_view more) {
        if (out.empty() || out.back().is_word) out.push_back({});
        out.back().text += more;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::size_t close = text[i] == '{' ? text.find('}', i) : std::string_view::npos;
        if (close == std::string_view::npos) {
            plain(text.substr(i, 1));
            continue;
        }
        const bool doubled = i + 1 < text.size() && text[i + 1] == '{';
        const std::string_view word = text.substr(i + (doubled ? 2 : 1), close - i - (doubled ? 2 : 1));
        const bool shell = i > 0 && text[i - 1] == '$';
        if (shell || !is_placeholder_word(word) || (doubled && text.substr(close, 2) != "}}")) {
            plain(text.substr(i, 1));
        } else if (doubled) {
            plain("{" + std::string(word) + "}");
            i = close + 1;
        } else {
            out.push_back({std::string(word), true});
            i = close;
        }
    }
    return out;
}

std::vector<std::string> placeholder_words(std::string_view text) {
    std::vector<std::string> out;
    for (TextPiece& piece : pieces_of(text))
        if (piece.is_word) out.push_back(std::move(piece.text));
    return out;
}

}  // namespace tmplbuild
