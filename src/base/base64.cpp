// SPDX-License-Identifier: Apache-2.0
#include "base/base64.hpp"

#include <cstdint>

namespace tmplbuild {

static constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string base64(std::string_view bytes) {
    std::string out;
    std::uint32_t held = 0;
    int bits = 0;
    for (const char c : bytes) {
        held = (held << 8) | static_cast<std::uint8_t>(c);
        for (bits += 8; bits >= 6; bits -= 6) out += letters[(held >> (bits - 6)) & 63];
    }
    if (bits > 0) out += letters[(held << (6 - bits)) & 63];
    while (out.size() % 4 != 0) out += '=';
    return out;
}

std::optional<std::string> from_base64(std::string_view text) {
    const std::size_t end = text.find('=');
    const std::string_view padding = end == std::string_view::npos ? "" : text.substr(end);
    text = text.substr(0, end);
    if (padding.size() > 2 || padding.find_first_not_of('=') != std::string_view::npos || text.size() % 4 == 1)
        return std::nullopt;
    if (!padding.empty() && (text.size() + padding.size()) % 4 != 0) return std::nullopt;
    std::string out;
    std::uint32_t held = 0;
    int bits = 0;
    for (const char c : text) {
        const std::size_t value = letters.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        held = (held << 6) | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        out += static_cast<char>((held >> bits) & 0xff);
    }
    return out;
}

}  // namespace tmplbuild
