// SPDX-License-Identifier: Apache-2.0
#include "base/printable.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "base/utf8.hpp"

namespace tmplbuild {

namespace {

// ECMA-48: the length of the escape sequence at the text's beginning (which is ESC).
std::size_t sequence_length(std::string_view text) {
    if (text.size() < 2) return text.size();
    std::size_t at = 2;
    if (text[1] == '[') {  // CSI: parameters, then one final byte from '@' to '~'
        while (at < text.size() && !(text[at] >= '@' && text[at] <= '~')) ++at;
        return std::min(at + 1, text.size());
    }
    if (std::string_view("]PX^_").find(text[1]) != std::string_view::npos) {  // strings that end at BEL or at ESC '\'
        while (at < text.size() && text[at] != '\a' && text[at] != '\033') ++at;
        return std::min(at + (at < text.size() && text[at] == '\033' ? 2 : 1), text.size());
    }
    while (at <= text.size() && text[at - 1] >= ' ' && text[at - 1] <= '/') ++at;  // such as "ESC ( B"
    return std::min(at, text.size());
}

bool is_wide(char32_t code) {
    // Unicode's East_Asian_Width W and F: the blocks in common use, and the emoji planes.
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
        const Utf8Character next = first_character(line);
        const bool control = next.code < 0x20 || (next.code >= 0x7f && next.code < 0xa0);
        if (!next.valid)
            out += replacement_character;
        else if (control)
            out += next.code == '\t' ? " " : "";
        else
            out += line.substr(0, next.size);
        line.remove_prefix(next.size);
    }
    return out;
}

// Marks that turn the direction of writing count too: with them a text reads as something else than it is
// (CVE-2021-42574).
static bool is_unseen(char32_t code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x061c || code == 0x200e || code == 0x200f ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

static std::string escaped_as(const char* form, unsigned value) {
    std::array<char, 16> out{};
    std::snprintf(out.data(), out.size(), form, value);
    return out.data();
}

std::string visible(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const Utf8Character next = first_character(text);
        if (!next.valid)
            out += escaped_as("\\x%02x", static_cast<unsigned char>(text.front()));
        else if (next.code == '\n')
            out += "\\n";
        else if (is_unseen(next.code))
            out += escaped_as(next.code < 0x80 ? "\\x%02x" : "\\u%04x", static_cast<unsigned>(next.code));
        else
            out += text.substr(0, next.size);
        text.remove_prefix(next.size);
    }
    return out;
}

std::string visible_json(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const Utf8Character next = first_character(text);
        if (!next.valid)
            out += replacement_character;
        else if (next.code >= 0x7f && is_unseen(next.code))
            out += escaped_as("\\u%04x", static_cast<unsigned>(next.code));
        else
            out += text.substr(0, next.size);  // our own form has ASCII controls between tokens only, as newlines
        text.remove_prefix(next.size);
    }
    return out;
}

std::size_t columns(std::string_view text) {
    std::size_t sum = 0;
    while (!text.empty()) {
        const Utf8Character next = first_character(text);
        sum += is_wide(next.code) ? 2 : 1;
        text.remove_prefix(next.size);
    }
    return sum;
}

std::string clipped(std::string_view text, std::size_t width) {
    std::size_t size = 0, taken = 0;
    while (size < text.size()) {
        const Utf8Character next = first_character(text.substr(size));
        taken += is_wide(next.code) ? 2 : 1;
        if (taken > width) break;
        size += next.size;
    }
    return std::string(text.substr(0, size));
}

}  // namespace tmplbuild
