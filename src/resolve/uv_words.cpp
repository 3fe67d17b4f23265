// SPDX-License-Identifier: Apache-2.0
#include "resolve/uv_words.hpp"

#include <charconv>
#include <initializer_list>

namespace tmplbuild {

static bool says(std::string_view text, std::initializer_list<const char*> any) {
    for (const char* words : any)
        if (text.find(words) != std::string_view::npos) return true;
    return false;
}

UvFailure read_uv_failure(std::string_view said) {
    // uv mentions a refused login only in a hint after "No solution found", so this is checked first.
    if (says(said, {"lack of valid authentication", "401 Unauthorized"})) return UvFailure::no_login;
    if (says(said, {"No solution found"})) return UvFailure::no_solution;
    if (says(said, {"Couldn't parse", "Invalid requirement"})) return UvFailure::no_requirement;
    if (says(said, {"Git operation failed"})) return UvFailure::repository;
    if (says(said, {"Failed to fetch", "Failed to download", "Request failed", "error sending request"}))
        return UvFailure::unreachable;
    return UvFailure::other;
}

// White space is ignored, since uv may wrap its lines.
std::optional<std::pair<std::string, std::string>> read_failed_build(std::string_view whole) {
    std::string said(whole);
    std::erase_if(said, [](char c) { return c == ' ' || c == '\n'; });
    if (said.find("exitstatus:" + std::to_string(inert_status) + ")") == std::string::npos) return {};
    const std::string begin = "build`";
    const std::size_t at = said.find(begin);
    const std::size_t end = at == std::string::npos ? at : said.find('`', at + begin.size());
    if (end == std::string::npos) return {};
    const std::string both = said.substr(at + begin.size(), end - at - begin.size());
    const std::size_t sign = both.find("==");
    if (sign == std::string::npos) return {};
    return std::pair(both.substr(0, sign), both.substr(sign + 2));
}

bool is_new_enough_uv(std::string_view said) {
    int major = 0, minor = 0;
    if (!said.starts_with("uv ")) return false;
    const char* end = said.data() + said.size();
    const auto first = std::from_chars(said.data() + 3, end, major);
    if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') return false;
    if (std::from_chars(first.ptr + 1, end, minor).ec != std::errc()) return false;
    return major > 0 || minor >= 8;
}

}  // namespace tmplbuild
