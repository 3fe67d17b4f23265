// SPDX-License-Identifier: Apache-2.0
#include "base/grammar.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tmplbuild {

static bool lower(char c) { return c >= 'a' && c <= 'z'; }
static bool digit(char c) { return c >= '0' && c <= '9'; }
static bool alphanumeric(char c) { return lower(c) || digit(c) || (c >= 'A' && c <= 'Z'); }
static bool one_of(char c, std::string_view marks) { return marks.find(c) != std::string_view::npos; }
static bool plain(char c) { return static_cast<unsigned char>(c) > ' ' && c != 0x7f; }

template <class Good>
static bool all(std::string_view text, Good good) {
    return std::all_of(text.begin(), text.end(), good);
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= 63 && (lower(text.front()) || digit(text.front())) &&
           all(text, [](char c) { return lower(c) || digit(c) || one_of(c, "._-"); });
}

bool is_hex(std::string_view text, std::size_t digits) {
    return text.size() == digits && all(text, [](char c) { return digit(c) || (c >= 'a' && c <= 'f'); });
}

bool is_file_name(std::string_view text) {
    return !text.empty() && text.size() <= 255 && !one_of(text.front(), ".-") &&
           all(text, [](char c) { return plain(c) && c != '/'; });
}

bool is_inner_path(std::string_view text) {
    if (text.empty() || text.front() == '/' || text.find('\0') != std::string_view::npos) return false;
    const std::vector<std::string> parts = split(text, '/');
    return std::find(parts.begin(), parts.end(), "..") == parts.end();
}

bool is_debian_package(std::string_view text) {
    return text.size() >= 2 && text.size() <= 128 && (lower(text.front()) || digit(text.front())) &&
           !one_of(text.back(), "-.") && all(text, [](char c) { return lower(c) || digit(c) || one_of(c, "+-."); });
}

bool is_debian_version(std::string_view text) {
    return !text.empty() && text.size() <= 128 && digit(text.front()) &&
           all(text, [](char c) { return alphanumeric(c) || one_of(c, ".+~:-"); });
}

bool is_debian_architecture(std::string_view text) { return text == "amd64" || text == "all"; }

const std::vector<std::string>& debian_suites() {
    static const std::vector<std::string> names = {"bullseye", "bookworm", "trixie", "forky", "sid"};
    return names;
}

bool is_debian_suite(std::string_view text) {
    return std::find(debian_suites().begin(), debian_suites().end(), text) != debian_suites().end();
}

bool is_python_project(std::string_view text) {
    return !text.empty() && text.size() <= 128 && alphanumeric(text.front()) && alphanumeric(text.back()) &&
           all(text, [](char c) { return alphanumeric(c) || one_of(c, "-_."); });
}

std::string normalized_project(std::string_view name) {
    std::string out;
    for (const char c : to_lower(name)) {
        const bool dash = c == '-' || c == '_' || c == '.';
        if (!dash)
            out += c;
        else if (out.empty() || out.back() != '-')
            out += '-';
    }
    return out;
}

bool is_python_version(std::string_view text) {
    return !text.empty() && text.size() <= 128 && alphanumeric(text.front()) &&
           all(text, [](char c) { return alphanumeric(c) || one_of(c, ".!+_-"); });
}

bool is_plain_python_version(std::string_view text) {
    std::size_t at = 0;
    const auto number = [&] {
        const std::size_t start = at;
        while (at < text.size() && digit(text[at])) ++at;
        return at != start;
    };
    const auto take = [&](std::string_view word) {
        const bool there = text.substr(at).starts_with(word);
        if (there) at += word.size();
        return there;
    };
    if (text.size() > 128) return false;
    if (text.find('!') != std::string_view::npos && !(number() && take("!"))) return false;
    do {
        if (!number()) return false;
    } while (take(".") && at < text.size() && digit(text[at]));
    if (at > 0 && text[at - 1] == '.') --at;  // the dot of ".post" and ".dev"
    if ((take("rc") || take("a") || take("b")) && !number()) return false;
    if (take(".post") && !number()) return false;
    if (take(".dev") && !number()) return false;
    if (!take("+")) return at == text.size();
    const std::string_view local = text.substr(at);
    return !local.empty() && local.front() != '.' && local.back() != '.' &&
           local.find("..") == std::string_view::npos &&
           local.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.") == std::string_view::npos;
}

bool is_interpreter_name(std::string_view text) {
    if (text.starts_with("3.")) return text.size() > 2 && text.size() <= 5 && all(text.substr(2), digit);
    const auto path = parse_image_path(text);
    return path && !path->empty() && "/" + *path == text &&
           all(text, [](char c) { return plain(c) && !one_of(c, "'\"\\$`:"); });
}

const std::vector<std::string>& git_schemes() {
    static const std::vector<std::string> schemes = {"https", "http", "ssh", "git", "file"};
    return schemes;
}

bool is_image_user(std::string_view text) {
    const std::vector<std::string> parts = split(text, ':');
    return parts.size() <= 2 && std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
               return !part.empty() && part.size() <= 256 && part.front() != '-' &&
                      all(part, [](char c) { return plain(c) && c != '/'; });
           });
}

bool is_address(std::string_view text, const std::vector<std::string>& schemes) {
    const std::size_t colon = text.find("://");
    if (colon == std::string_view::npos || text.size() == colon + 3 || text.size() > 4096) return false;
    const std::string_view scheme = text.substr(0, colon);
    if (std::find(schemes.begin(), schemes.end(), scheme) == schemes.end() || !all(text, plain)) return false;
    const std::string_view rest = text.substr(colon + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    const std::size_t at = authority.find('@');
    const bool password = at != std::string_view::npos && authority.substr(0, at).find(':') != std::string_view::npos;
    return !password && !authority.starts_with('-');
}

}  // namespace tmplbuild
