// SPDX-License-Identifier: Apache-2.0
// The WWW-Authenticate header of a 401 (RFC 9110, section 11.6.1) as values: what the server asks for. Used by the
// registry's session, which decides whether a realm may be asked. Only reads text.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tmplbuild::registry {

struct Challenge {
    std::string scheme;                           // in lower case: "basic", "bearer"
    std::map<std::string, std::string> values{};  // names in lower case: "realm", "service", "scope"

    std::string value(const std::string& name) const;  // empty where it is missing
};

// All challenges in the header's value, whose lines are joined by ", ". Reading stops where the text breaks the
// grammar, and the rest is ignored. A challenge that gives a value twice is ignored too.
std::vector<Challenge> parse_challenges(std::string_view header);

}  // namespace tmplbuild::registry
