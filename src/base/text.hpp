// SPDX-License-Identifier: Apache-2.0
// Small text helpers that several rooms share: splitting, joining, sizes and times for people, the nearest name. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild {

std::vector<std::string> split(std::string_view text, char separator);  // empty parts kept; "" gives {""}
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);  // ASCII white space, both ends
std::string to_lower(std::string_view text);   // ASCII only

// The candidate with the smallest edit distance, if it is near enough to be what was meant (a third of the length).
std::optional<std::string> nearest_name(std::string_view wrong, const std::vector<std::string>& candidates);
// Returns "did you mean 'x'?" or an empty string.
std::string did_you_mean(std::string_view wrong, const std::vector<std::string>& candidates);

std::string human_bytes(std::uint64_t bytes);  // "171.3 MB", decimal units as df -H and registries use them
std::string human_seconds(double seconds);     // "0.4 s", "12 s", "3 min 5 s"
// Writes every byte as %XX (RFC 3986, 2.1) except letters, digits, "-._~" and what `plain` adds.
std::string percent_encoded(std::string_view text, std::string_view plain = {});
// Reads a number of decimal digits only, from `low` to `high`; anything else gives none.
std::optional<std::int64_t> parse_whole(std::string_view text, std::int64_t low, std::int64_t high);
Result<std::uint64_t> parse_bytes(std::string_view text);  // "512MiB", "2GB", "100": bytes

// Reads a path inside an image: absolute, no "." or "..", no NUL. Returns it without leading, trailing and doubled
// slashes.
Result<std::string> parse_image_path(std::string_view text);

}  // namespace tmplbuild
