// SPDX-License-Identifier: Apache-2.0
#include "console/files/names.hpp"

#include <limits.h>

#include <algorithm>

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace tmplbuild::console::files {

namespace {

constexpr char32_t first_escape = 0xf780, last_escape = 0xf7ff;

bool is_escape(char32_t code) { return code >= first_escape && code <= last_escape; }

// U+F700 and the byte, as UTF-8.
void add_escaped(std::string& out, unsigned char byte) {
    out += '\xef';
    out += static_cast<char>(0x9c | (byte >> 6));
    out += static_cast<char>(0x80 | (byte & 0x3f));
}

}  // namespace

std::string shown(std::string_view bytes) {
    // Most names are ASCII, and lists have tens of thousands of them.
    if (std::all_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
        return std::string(bytes);
    std::string out;
    out.reserve(bytes.size());
    while (!bytes.empty()) {
        const Utf8Character one = first_character(bytes);
        if (one.valid && !is_escape(one.code))
            out += bytes.substr(0, one.size);
        else
            for (const char c : bytes.substr(0, one.size)) add_escaped(out, static_cast<unsigned char>(c));
        bytes.remove_prefix(one.size);
    }
    return out;
}

std::string real(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Utf8Character one = first_character(text);
        if (one.valid && is_escape(one.code))
            out += static_cast<char>(one.code - 0xf700);
        else
            out += text.substr(0, one.size);
        text.remove_prefix(one.size);
    }
    return out;
}

Reply<void> check_name(std::string_view name) {
    const auto bad = [&](const char* why) {
        return Refusal{400, "'" + shown(name) + "' cannot be a file's name: " + why, "choose another name"};
    };
    if (name.empty()) return Refusal{400, "a name is missing", {}};
    if (name == "." || name == "..") return bad("it stands for a folder");
    if (name.find('/') != std::string_view::npos) return bad("it has a '/'");
    if (name.find('\0') != std::string_view::npos) return bad("it has a NUL");
    if (name.size() > NAME_MAX) return bad("it has more than 255 bytes");
    return {};
}

std::string extension_of(std::string_view name) {
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos || dot == 0) return {};
    return to_lower(name.substr(dot));
}

std::string numbered(std::string_view name, int number) {
    const std::size_t end = name.size() - extension_of(name).size();
    return std::string(name.substr(0, end)) + " (" + std::to_string(number) + ")" + std::string(name.substr(end));
}

}  // namespace tmplbuild::console::files
