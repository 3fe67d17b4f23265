// SPDX-License-Identifier: Apache-2.0
#include "download/header_words.hpp"

#include <algorithm>
#include <ctime>
#include <vector>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "download/item.hpp"

namespace tmplbuild::download {

namespace {

constexpr std::int64_t longest_wait = 24 * 3600;

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string without_escapes(std::string_view text, bool plus_is_space) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
            out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        } else {
            out += plus_is_space && text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

// The parameters of a header, `a; name="x\"y"; other=z`, names in lower case, quotes undone. The first word is no
// parameter.
std::vector<std::pair<std::string, std::string>> parameters(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> out;
    std::size_t at = std::min(text.find(';'), text.size());
    while (at < text.size()) {
        ++at;
        const std::size_t end = std::min(text.find_first_of("=;", at), text.size());
        std::string name = to_lower(trim(text.substr(at, end - at)));
        std::string value;
        at = end;
        if (at < text.size() && text[at] == '=') {
            ++at;
            while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
            if (at < text.size() && text[at] == '"') {
                for (++at; at < text.size() && text[at] != '"'; ++at) {
                    if (text[at] == '\\' && at + 1 < text.size()) ++at;
                    value += text[at];
                }
                at = std::min(text.find(';', at), text.size());
            } else {
                const std::size_t stop = std::min(text.find(';', at), text.size());
                value = trim(text.substr(at, stop - at));
                at = stop;
            }
        }
        out.emplace_back(std::move(name), std::move(value));
    }
    return out;
}

// What a server calls a file may be a path of its own machine.
std::string last_part(std::string name) {
    if (const std::size_t slash = name.find_last_of("/\\"); slash != std::string::npos) name.erase(0, slash + 1);
    return is_good_name(name) && is_utf8(name) ? name : "";
}

}  // namespace

std::string header_of(const Headers& headers, const std::string& name) {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
}

std::string disposition_name(std::string_view text) {
    std::string plain;
    for (const auto& [name, value] : parameters(text)) {
        if (name == "filename" && plain.empty()) plain = last_part(value);
        if (name != "filename*") continue;
        // UTF-8'en'name: RFC 8187. No other set of characters is in use.
        const std::size_t set = value.find('\''), language = value.find('\'', set + 1);
        if (set == std::string::npos || language == std::string::npos || to_lower(value.substr(0, set)) != "utf-8")
            continue;
        if (std::string best = last_part(without_escapes(std::string_view(value).substr(language + 1), false));
            !best.empty())
            return best;
    }
    return plain;
}

std::string disposition_name_in_url(std::string_view url) {
    const std::size_t begin = url.find('?');
    if (begin == std::string_view::npos) return {};
    for (const std::string& one : split(url.substr(begin + 1, url.find('#') - begin - 1), '&')) {
        const std::size_t equals = one.find('=');
        if (equals == std::string::npos || to_lower(one.substr(0, equals)) != "response-content-disposition") continue;
        return disposition_name(without_escapes(std::string_view(one).substr(equals + 1), true));
    }
    return {};
}

std::optional<std::int64_t> retry_after_seconds(std::string_view text, std::int64_t now) {
    text = trim(text);
    if (const auto seconds = parse_whole(text, 0, INT64_MAX)) return std::min(*seconds, longest_wait);
    std::tm date{};
    const std::string copy(text);
    const char* end = ::strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
    if (end == nullptr || *end != '\0') return std::nullopt;
    return std::clamp<std::int64_t>(::timegm(&date) - now, 0, longest_wait);
}

std::string whole_seconds(std::int64_t seconds) {
    return seconds < 60 ? std::to_string(seconds) + " s" : human_seconds(static_cast<double>(seconds));
}

std::optional<RateLimit> rate_limit(std::string_view text) {
    RateLimit out;
    bool has_left = false, has_seconds = false;
    for (const auto& [name, value] : parameters(text.substr(0, text.find(',')))) {
        const auto number = parse_whole(value, 0, INT64_MAX);
        if (!number) continue;
        if (name == "r") {
            out.left = *number;
            has_left = true;
        } else if (name == "t") {
            out.seconds = std::min(*number, longest_wait);
            has_seconds = true;
        }
    }
    return has_left && has_seconds ? std::optional(out) : std::nullopt;
}

std::optional<ContentRange> content_range(std::string_view text) {
    text = trim(text);
    if (!to_lower(text.substr(0, 6)).starts_with("bytes ")) return std::nullopt;
    text = trim(text.substr(6));
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    ContentRange out;
    const std::string_view span = text.substr(0, slash), size = text.substr(slash + 1);
    if (size != "*") {
        const auto number = parse_whole(size, 0, INT64_MAX);
        if (!number) return std::nullopt;
        out.size = static_cast<std::uint64_t>(*number);
    }
    if (span == "*") return out.size ? std::optional(out) : std::nullopt;
    const std::size_t dash = span.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto first = parse_whole(span.substr(0, dash), 0, INT64_MAX),
               last = parse_whole(span.substr(dash + 1), 0, INT64_MAX);
    if (!first || !last || *last < *first || (out.size && static_cast<std::uint64_t>(*last) >= *out.size))
        return std::nullopt;
    out.first = static_cast<std::uint64_t>(*first);
    return out;
}

}  // namespace tmplbuild::download
