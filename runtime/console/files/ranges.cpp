// SPDX-License-Identifier: Apache-2.0
#include "console/files/ranges.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "base/text.hpp"

namespace tmplbuild::console::files {

Part part_of(std::string_view range, std::uint64_t size) {
    const Part whole{Part::Kind::whole, 0, size};
    constexpr std::string_view unit = "bytes=";
    if (to_lower(range.substr(0, unit.size())) != unit) return whole;
    const std::string_view spec = trim(range.substr(unit.size()));
    const std::size_t dash = spec.find('-');
    if (dash == std::string_view::npos || spec.find(',') != std::string_view::npos) return whole;
    const std::string_view from = trim(spec.substr(0, dash)), to = trim(spec.substr(dash + 1));
    const auto first = parse_whole(from, 0, INT64_MAX), last = parse_whole(to, 0, INT64_MAX);
    if ((!from.empty() && !first) || (!to.empty() && !last) || (!first && !last)) return whole;
    const Part nothing{Part::Kind::unsatisfiable, 0, 0};
    if (!first) {  // the last bytes
        const std::uint64_t wanted = std::min(static_cast<std::uint64_t>(*last), size);
        return wanted == 0 ? nothing : Part{Part::Kind::part, size - wanted, wanted};
    }
    const auto begin = static_cast<std::uint64_t>(*first);
    if (last && *last < *first) return whole;  // no range at all
    if (begin >= size) return nothing;
    const std::uint64_t end = last ? std::min(static_cast<std::uint64_t>(*last), size - 1) : size - 1;
    return {Part::Kind::part, begin, end - begin + 1};
}

bool has_it_already(const FileState& state, std::string_view if_none_match, std::string_view if_modified_since) {
    if (if_none_match.empty()) return !if_modified_since.empty() && if_modified_since == state.modified;
    for (const std::string& one : split(if_none_match, ',')) {
        std::string_view tag = trim(one);
        if (tag == "*") return true;
        if (tag.starts_with("W/")) tag.remove_prefix(2);
        if (tag == state.etag) return true;
    }
    return false;
}

bool range_counts(const FileState& state, std::string_view if_range) {
    return if_range.empty() || if_range == state.etag || if_range == state.modified;
}

std::string http_date(std::int64_t seconds) {
    static constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t at = seconds;
    std::tm parts{};
    if (::gmtime_r(&at, &parts) == nullptr) return {};
    std::array<char, 64> text{};
    const int size = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                   days.at(static_cast<std::size_t>(parts.tm_wday)), parts.tm_mday,
                                   months.at(static_cast<std::size_t>(parts.tm_mon)), parts.tm_year + 1900,
                                   parts.tm_hour, parts.tm_min, parts.tm_sec);
    return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace tmplbuild::console::files
