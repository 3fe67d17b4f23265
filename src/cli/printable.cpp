// SPDX-License-Identifier: Apache-2.0
#include "cli/printable.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tmplbuild::cli {

namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD

struct Character {
    char32_t code = 0xfffd;
    std::size_t size = 1;  // bytes
    bool valid = false;
};

// RFC 3629: shortest form only, no surrogates, nothing above U+10FFFF.
Character first_of(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return {lead, 1, true};
    const std::size_t size = lead >= 0xf0 && lead <= 0xf4 ? 4 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xc2 ? 2 : 0;
    if (size == 0 || lead > 0xf4 || text.size() < size) return {};
    char32_t code = lead & (0xffU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return {};
        code = (code << 6) | (byte(i) & 0x3fU);
    }
    constexpr std::array<char32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[size] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return {};
    return {code, size, true};
}

// ECMA-48: the length of the escape sequence at the text's beginning (which is ESC).
std::size_t sequence_length(std::string_view text) {
    if (text.size() < 2) return text.size();
    std::size_t at = 2;
    if (text[1] == '[') {  // CSI: parameters, then one byte from '@' to '~'
        while (at < text.size() && !(text[at] >= '@' && text[at] <= '~')) ++at;
        return std::min(at + 1, text.size());
    }
    if (std::string_view("]PX^_").find(text[1]) != std::string_view::npos) {  // strings: to BEL or ESC '\'
        while (at < text.size() && text[at] != '\a' && text[at] != '\033') ++at;
        return std::min(at + (at < text.size() && text[at] == '\033' ? 2 : 1), text.size());
    }
    while (at <= text.size() && text[at - 1] >= ' ' && text[at - 1] <= '/') ++at;  // "ESC ( B"
    return std::min(at, text.size());
}

bool is_wide(char32_t code) {
    // Unicode's East_Asian_Width W and F, by the blocks that matter, and the emoji planes.
    constexpr std::array<std::pair<char32_t, char32_t>, 9> ranges = {{{0x1100, 0x115f},
                                                                      {0x2e80, 0xa4cf},
                                                                      {0xac00, 0xd7a3},
                                                                      {0xf900, 0xfaff},
                                                                      {0xfe30, 0xfe6f},
                                                                      {0xff00, 0xff60},
                                                                      {0xffe0, 0xffe6},
                                                                      {0x1f300, 0x1faff},
                                                                      {0x20000, 0x3fffd}}};
    return std::any_of(ranges.begin(), ranges.end(),
                       [code](const auto& range) { return code >= range.first && code <= range.second; });
}

}  // namespace

std::string printable(std::string_view line) {
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
    if (const std::size_t last = line.rfind('\r'); last != std::string_view::npos) line.remove_prefix(last + 1);
    std::string out;
    while (!line.empty()) {
        if (line.front() == '\033') {
            line.remove_prefix(sequence_length(line));
            continue;
        }
        const Character next = first_of(line);
        const bool control = next.code < 0x20 || (next.code >= 0x7f && next.code < 0xa0);
        if (!next.valid)
            out += replacement;
        else if (control)
            out += next.code == '\t' ? " " : "";
        else
            out += line.substr(0, next.size);
        line.remove_prefix(next.size);
    }
    return out;
}

std::size_t columns(std::string_view text) {
    std::size_t sum = 0;
    while (!text.empty()) {
        const Character next = first_of(text);
        sum += is_wide(next.code) ? 2 : 1;
        text.remove_prefix(next.size);
    }
    return sum;
}

std::string clipped(std::string_view text, std::size_t width) {
    std::size_t size = 0, taken = 0;
    while (size < text.size()) {
        const Character next = first_of(text.substr(size));
        taken += is_wide(next.code) ? 2 : 1;
        if (taken > width) break;
        size += next.size;
    }
    return std::string(text.substr(0, size));
}

}  // namespace tmplbuild::cli
