// SPDX-License-Identifier: Apache-2.0
#include "console/access/known_browsers.hpp"

#include "base/grammar.hpp"
#include "base/text.hpp"
#include "console/access/password.hpp"
#include "console/access/seal.hpp"
#include "sys/file.hpp"
#include "sys/random.hpp"

namespace tmplbuild::console {

constexpr std::size_t browser_key_bytes = 32, mark_bytes = 16, seal_digits = 64;

// "TIME-RANDOM-SEAL": the random part makes two browsers' marks differ.
std::string KnownBrowsers::mark(UnixMs now) const {
    const std::string random = sys::random_hex(mark_bytes);
    const std::string start = std::to_string(now) + "-" + random + "-";
    const std::string seal = sealed_by(key_, "known " + start);
    return random.empty() || seal.empty() ? std::string() : start + seal;
}

bool KnownBrowsers::knows(std::string_view mark, UnixMs now) const {
    if (mark.size() <= seal_digits || mark.size() > 160) return false;
    const std::string_view start = mark.substr(0, mark.size() - seal_digits);
    const std::string right = sealed_by(key_, "known " + std::string(start));
    if (right.empty() || !same_text(mark.substr(start.size()), right)) return false;
    const auto made = parse_whole(start.substr(0, start.find('-')), 0, INT64_MAX);
    return made && now - *made <= lifetime_ms;
}

std::string read_or_make_browser_key(const std::string& file) {
    if (const auto kept = sys::read_beginning(file, browser_key_bytes * 2 + 1))
        if (const std::string key(trim(*kept)); is_hex(key, browser_key_bytes * 2)) return key;
    std::string key = sys::random_hex(browser_key_bytes);
    static_cast<void>(sys::write_file_atomic(file, key + "\n", 0600));
    return key;
}

}  // namespace tmplbuild::console
