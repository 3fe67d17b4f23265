// SPDX-License-Identifier: Apache-2.0
// A request as it came to the gateway: what a browser or a script sent, and at which public port. The gateway tells
// both in headers that it sets over the client's (docs/console.md, "Gateway and console"). Used by every route. Trusts
// the gateway alone, and nothing that a client could have written under these names.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild::console {

// Why the gateway asks.
enum class Phase {
    authorize,  // may this request go to a service?
    refuse,     // it may not: answer it
    starting,   // the service does not answer
    page,       // it is for the console itself
};

using HeaderList = std::vector<std::pair<std::string, std::string>>;  // names in lower case

struct Request {
    Phase phase = Phase::page;
    std::string method{}, target{};  // as the client sent them: "GET", "/a%20b?c"
    std::uint16_t port = 0;          // the public port
    std::string service{};           // whose port it is; empty: the console's own
    std::string path{}, query{};     // of the target, undecoded
    HeaderList headers{};
    std::string body{};

    // The values of a header in their order, joined by ", "; empty where it did not come.
    std::string header(std::string_view name) const;
    bool is_page_load() const;  // a browser's navigation: it wants a page, whatever happens
    bool is_for_api() const;    // of the console: what programs ask
    bool wants_json() const;    // its errors are JSON
};

// An error where the gateway's own headers are missing or make no sense.
Result<Request> read_request(HeaderList headers, std::string body);

// "a=1&b=x%20y" as browsers send forms (application/x-www-form-urlencoded); a name's first value counts.
std::map<std::string, std::string> form_values(std::string_view text);
// Decodes %XX, and '+' as a space where `plus_is_space`; none where an escape is broken or gives a control character.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space);

}  // namespace tmplbuild::console
