// SPDX-License-Identifier: Apache-2.0
// Cookies as a Cookie header holds them (RFC 6265, section 5.4), and the names of ours. Used where a request is read
// and where its headers are passed on. Other people's cookies stay as they are, byte by byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "console/policy/origin.hpp"

namespace tmplbuild::console {

// On https a name that browsers bind to this host; on plain http one for each port of an address, since cookies ignore
// ports: it is the browser's own port, which differs from the public one behind `ssh -L`.
std::string session_cookie(const Origin& own);
// Of the browser that asked a port without a session to let it in.
std::string nonce_cookie(const Origin& own);
// Of a browser that signed in before.
std::string known_cookie(const Origin& own);

// Each value under this name: there may be several, since others can set cookies for a whole site.
std::vector<std::string> values_of(std::string_view header, std::string_view name);
bool has_ours(std::string_view header);
// The header without our cookies of any port; the rest as it was. Quotes do not hide a cookie of ours.
std::string without_ours(std::string_view header);

// The Set-Cookie value for one of ours. `seconds` 0: until the browser ends; below 0: taken away.
std::string set_session(const Origin& own, std::string_view token, std::int64_t seconds);
// SameSite=None on https: the ticket's form comes from another origin, which may count as another site.
std::string set_nonce(const Origin& own, std::string_view nonce, std::int64_t seconds);
// Sent to this console's own pages alone, where the browser can tell them from others.
std::string set_known(const Origin& own, std::string_view mark, std::int64_t seconds);

}  // namespace tmplbuild::console
