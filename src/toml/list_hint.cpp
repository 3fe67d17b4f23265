// SPDX-License-Identifier: Apache-2.0
#include "toml/list_hint.hpp"

#include <array>
#include <cstdio>
#include <vector>

#include "base/text.hpp"

namespace tmplbuild {

static constexpr std::size_t shown_bytes = 200;  // a longer text would hide the hint's advice

std::string toml_quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (byte < 0x20 || byte == 0x7f) {
            std::array<char, 8> code{};
            std::snprintf(code.data(), code.size(), "\\u%04X", byte);
            out += code.data();
        } else {
            out += c;
        }
    }
    return out + '"';
}

static std::vector<std::string> split_at(std::string_view text, std::string_view separators) {
    std::vector<std::string> out;
    for (std::size_t at = 0; (at = text.find_first_not_of(separators, at)) != std::string_view::npos;) {
        const std::size_t end = std::min(text.find_first_of(separators, at), text.size());
        out.emplace_back(text.substr(at, end - at));
        at = end;
    }
    return out;
}

// Whether a shell would do more with the text than split it at white space. Braces are a template's placeholders.
static bool needs_shell(std::string_view text) {
    if (text.find_first_of("'\"\\$`|&;<>()*?[]#~\n") != std::string_view::npos) return true;
    const std::string_view first = text.substr(0, text.find(' '));
    return first.find('=') != std::string_view::npos;  // VARIABLE=value program
}

std::string list_hint(std::string_view text, ListOf kind) {
    if (text.size() > shown_bytes)
        return kind == ListOf::arguments ? "write the program and each argument in quotes of its own: "
                                           "[\"program\", \"argument\"]"
                                         : "put it in brackets: [\"first\", \"second\"]";
    std::vector<std::string> words{std::string(text)};
    if (kind == ListOf::names) words = split_at(text, " \t\n,;");
    if (kind == ListOf::words || kind == ListOf::arguments) words = split_at(text, " \t");
    if (kind == ListOf::arguments && needs_shell(text)) words = {"/bin/sh", "-c", std::string(text)};
    for (std::string& word : words) word = toml_quoted(word);
    const char* how =
        kind == ListOf::arguments && words.size() > 1 ? "write it as an argument vector: [" : "put it in brackets: [";
    return how + join(words, ", ") + "]";
}

}  // namespace tmplbuild
