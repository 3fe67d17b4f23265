// SPDX-License-Identifier: Apache-2.0
#include "engine/sandbox/runc_version.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <compare>
#include <limits>

namespace tmplbuild {

namespace {

constexpr std::array<std::string_view, 3> breakouts{"CVE-2025-31133", "CVE-2025-52565", "CVE-2025-52881"};

struct Version {
    int major = 0, minor = 0, patch = 0;
    int candidate = std::numeric_limits<int>::max();  // the 3 of "-rc.3"; a candidate comes before its release
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the comparison's own 0 for a pointer.
    auto operator<=>(const Version&) const = default;
};

bool take_number(std::string_view& text, int& into) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), into);
    if (read.ec != std::errc()) return false;
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    return true;
}

bool take(std::string_view& text, std::string_view word) {
    if (!text.starts_with(word)) return false;
    text.remove_prefix(word.size());
    return true;
}

// Reads "1.1.5+ds1", "1.4.0-rc.2", "1.0.0~rc93+ds1"; the rest of the text is a distribution's or a commit.
std::optional<Version> parse(std::string_view text) {
    Version out;
    if (!take_number(text, out.major) || !take(text, ".") || !take_number(text, out.minor) || !take(text, ".") ||
        !take_number(text, out.patch))
        return std::nullopt;
    if (take(text, "-rc") || take(text, "~rc")) {
        take(text, ".");
        if (!take_number(text, out.candidate)) return std::nullopt;
    }
    return out;
}

bool is_fixed(const Version& v) {
    if (v.major != 1) return v.major > 1;
    if (v.minor < 2) return false;
    if (v.minor == 2) return v >= Version{1, 2, 8};
    if (v.minor == 3) return v >= Version{1, 3, 3};
    return v >= Version{1, 4, 0, 3};
}

}  // namespace

std::optional<std::string> open_breakouts(std::string_view version, std::string_view changelog) {
    constexpr std::string_view before = "runc version ";
    const std::size_t at = version.find(before);
    if (at == std::string_view::npos) return std::nullopt;
    std::string_view number = version.substr(at + before.size());
    number = number.substr(0, number.find_first_of(" \n"));
    const auto parsed = parse(number);
    if (!parsed || is_fixed(*parsed)) return std::nullopt;
    if (std::all_of(breakouts.begin(), breakouts.end(),
                    [&](std::string_view name) { return changelog.find(name) != std::string_view::npos; }))
        return std::nullopt;
    return "runc " + std::string(number) +
           " lacks the fixes of November 2025 (CVE-2025-31133, CVE-2025-52565, CVE-2025-52881): a hostile command in a "
           "step could write to this machine as root; build templates and bases of people whom you do not trust on a "
           "machine that holds nothing else, or with runc 1.2.8, 1.3.3 or newer";
}

}  // namespace tmplbuild
