// SPDX-License-Identifier: Apache-2.0
// What a server asks for with a 401: the WWW-Authenticate header (RFC 9110, section 11.6.1) as values. For the
// registry's client. Only reads text: whether a realm may be asked is the session's to say.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tmplbuild::registry {

struct Challenge {
    std::string scheme;                           // in lower case: "basic", "bearer"
    std::map<std::string, std::string> values{};  // names in lower case: "realm", "service", "scope"

    std::string value(const std::string& name) const;  // empty: not there
};

// All challenges in the header's value, several lines of it joined by ", ". Reading ends where the grammar does: what
// comes behind is not there. One that says something twice is not there, either.
std::vector<Challenge> parse_challenges(std::string_view header);

}  // namespace tmplbuild::registry
