// SPDX-License-Identifier: Apache-2.0
// What the console gives a browser to bring back, made so that nobody else can make it: an HMAC (RFC 2104) over a text.
// Used by nonces, known browsers and the check of a made password. Keeps nothing.
#pragma once

#include <string>
#include <string_view>

namespace tmplbuild::console {

// HMAC-SHA-256 as 64 hex digits. Empty where the key is empty or OpenSSL fails: callers take that for no match.
std::string sealed_by(std::string_view key, std::string_view text);

}  // namespace tmplbuild::console
