// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <limits>

namespace tmplbuild {

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    std::size_t start = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        if (i == text.size() || text[i] == separator) {
            parts.emplace_back(text.substr(start, i - start));
            start = i + 1;
        }
    }
    return parts;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
    std::string text;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i != 0) text += separator;
        text += parts[i];
    }
    return text;
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view space = " \t\r\n\f\v";
    const auto first = text.find_first_not_of(space);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

std::string to_lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

// Optimal string alignment: two neighbouring letters in the wrong order count as one mistake.
static std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before, last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before = last;
        last = row;
    }
    return last[b.size()];
}

std::optional<std::string> nearest_name(std::string_view wrong, const std::vector<std::string>& candidates) {
    const std::string lowered = to_lower(wrong.substr(0, 200));
    std::optional<std::string> best;
    std::size_t best_distance = std::max<std::size_t>(1, lowered.size() / 3) + 1;
    for (const auto& candidate : candidates) {
        const std::size_t distance = edit_distance(lowered, to_lower(candidate));
        if (distance < best_distance) {
            best_distance = distance;
            best = candidate;
        }
    }
    return best;
}

std::string did_you_mean(std::string_view wrong, const std::vector<std::string>& candidates) {
    const auto name = nearest_name(wrong, candidates);
    return name ? "did you mean '" + *name + "'?" : std::string();
}

static std::string number(double value, int decimals) {
    std::array<char, 64> buffer{};
    const int size = std::snprintf(buffer.data(), buffer.size(), "%.*f", decimals, value);
    return std::string(buffer.data(), static_cast<std::size_t>(std::max(size, 0)));
}

std::string human_bytes(std::uint64_t bytes) {
    if (bytes < 1000) return std::to_string(bytes) + " B";
    static constexpr std::array<const char*, 5> units = {"kB", "MB", "GB", "TB", "PB"};
    double value = static_cast<double>(bytes) / 1000;
    std::size_t unit = 0;
    while (value >= 999.95 && unit + 1 < units.size()) {
        value /= 1000;
        ++unit;
    }
    return number(value, 1) + " " + units[unit];
}

std::string human_seconds(double seconds) {
    if (seconds < 9.95) return number(seconds, 1) + " s";
    const auto whole = static_cast<long>(seconds + 0.5);
    if (whole < 60) return std::to_string(whole) + " s";
    if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
    return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

std::string percent_encoded(std::string_view text, std::string_view plain) {
    static constexpr std::string_view hex = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool as_it_is = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                              std::string_view("-._~").find(c) != std::string_view::npos ||
                              plain.find(c) != std::string_view::npos;
        if (as_it_is)
            out += c;
        else
            out.append("%").append(1, hex[byte >> 4]).append(1, hex[byte & 15]);
    }
    return out;
}

std::optional<std::int64_t> parse_whole(std::string_view text, std::int64_t low, std::int64_t high) {
    std::int64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size() || value < low || value > high) return {};
    return value;
}

Result<std::uint64_t> parse_bytes(std::string_view text) {
    std::uint64_t value = 0;
    const auto [rest, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    const Error wrong =
        usage_error("'" + std::string(text) + "' is not a size", "write it like 512MiB, 2GB or 1048576");
    if (code != std::errc()) return wrong;
    const std::string unit(rest, text.data() + text.size());
    struct Unit {
        const char* name;
        std::uint64_t factor;
    };
    static constexpr std::array<Unit, 10> units = {{{"", 1},
                                                    {"B", 1},
                                                    {"kB", 1000},
                                                    {"MB", 1000000},
                                                    {"GB", 1000000000},
                                                    {"TB", 1000000000000},
                                                    {"KiB", 1ULL << 10},
                                                    {"MiB", 1ULL << 20},
                                                    {"GiB", 1ULL << 30},
                                                    {"TiB", 1ULL << 40}}};
    for (const auto& known : units) {
        if (unit != known.name) continue;
        if (value > std::numeric_limits<std::uint64_t>::max() / known.factor) return wrong;
        return value * known.factor;
    }
    return wrong;
}

Result<std::string> parse_image_path(std::string_view text) {
    const std::string shown(text);
    if (text.empty() || text.front() != '/')
        return usage_error("'" + shown + "' is not an absolute path", "a path inside the image starts with '/'");
    if (text.find('\0') != std::string_view::npos) return usage_error("a path holds a NUL byte");
    if (text.size() > 4096) return usage_error("a path is longer than 4096 bytes");
    std::string out;
    for (const auto& part : split(text.substr(1), '/')) {
        if (part.empty()) continue;
        if (part == "." || part == "..")
            return usage_error("'" + shown + "' has a '" + part + "' in it", "write the plain absolute path");
        if (part.size() > 255) return usage_error("a path component is longer than 255 bytes");
        out += (out.empty() ? "" : "/") + part;
    }
    return out;
}

}  // namespace tmplbuild
