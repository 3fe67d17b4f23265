// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.hpp"

#include <algorithm>
#include <array>

namespace tmplbuild {

static std::size_t length_by(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead < 0xc2 || lead > 0xf4) return 0;
    return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
}

Utf8Character first_character(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::size_t size = length_by(byte(0));
    if (size == 1) return {byte(0), 1, true};
    if (size == 0 || text.size() < size) return {};
    char32_t code = byte(0) & (0xffU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return {};
        code = (code << 6) | (byte(i) & 0x3fU);
    }
    constexpr std::array<char32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[size] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return {};
    return {code, size, true};
}

static std::size_t valid_part(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const Utf8Character next = first_character(text.substr(at));
        if (!next.valid) break;
        at += next.size;
    }
    return at;
}

bool is_utf8(std::string_view text) { return valid_part(text) == text.size(); }

std::string valid_utf8(std::string text) {
    std::size_t at = valid_part(text);
    if (at == text.size()) return text;
    std::string out;
    for (std::string_view rest = text; !rest.empty(); at = valid_part(rest)) {
        out.append(rest.substr(0, at));
        rest.remove_prefix(at);
        if (rest.empty()) break;
        out.append(replacement_character);
        rest.remove_prefix(1);
    }
    return out;
}

std::size_t unfinished_bytes(std::string_view text) {
    for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
        const auto byte = static_cast<unsigned char>(text[text.size() - back]);
        if ((byte & 0xc0) == 0x80) continue;
        return length_by(byte) > back ? back : 0;
    }
    return 0;
}

}  // namespace tmplbuild
