// SPDX-License-Identifier: Apache-2.0
// What servers say in headers: a file's name, how long to wait, how much they still give. Pure; anything that makes no
// sense is as if it had not been said.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tmplbuild::download {

using Headers = std::map<std::string, std::string>;  // names in lower case

std::string header_of(const Headers& headers, const std::string& name);

// The file's name in a Content-Disposition (RFC 6266; filename* counts before filename), its last part alone; empty:
// there is none that a file may have.
std::string disposition_name(std::string_view text);
// The same of the address to which a store's link leads: its `response-content-disposition`.
std::string disposition_name_in_url(std::string_view url);

// Seconds from a Retry-After (RFC 9110, 10.2.3), at most a day. `now` is in seconds since 1970, for its form as a date.
std::optional<std::int64_t> retry_after_seconds(std::string_view text, std::int64_t now);

// "2 s", "3 min 5 s".
std::string whole_seconds(std::int64_t seconds);

// The hub's `RateLimit: "resolvers";r=0;t=120`: requests that are left, and seconds until they begin anew.
struct RateLimit {
    std::int64_t left = 0, seconds = 0;
    bool operator==(const RateLimit&) const = default;
};
std::optional<RateLimit> rate_limit(std::string_view text);

// "bytes 5-9/10": the first byte and, where it is known, the whole size; "bytes */10" has no first byte.
struct ContentRange {
    std::optional<std::uint64_t> first{}, size{};
    bool operator==(const ContentRange&) const = default;
};
std::optional<ContentRange> content_range(std::string_view text);

}  // namespace tmplbuild::download
