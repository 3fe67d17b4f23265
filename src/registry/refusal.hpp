// SPDX-License-Identifier: Apache-2.0
// Turns a registry's refusal into an error: its status, its own JSON of errors (distribution-spec 1.1, "Error Codes"),
// and what to do about it. Used for every response other than the expected one. Never shows more than a line of the
// registry's text, and nothing of the login.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/secret_mask.hpp"
#include "io/http.hpp"

namespace tmplbuild::registry {

// `what` is what failed, such as "'ghcr.io/me/image:1' cannot be read"; the registry's message follows it.
Error refusal(const std::string& what, const io::HttpResponse& response, const SecretMask& mask);

// The code of the first error in the body, "MANIFEST_UNKNOWN"; empty where there is none.
std::string error_code_of(std::string_view body);

// What the response says of a limit on requests ("ratelimit-remaining: 3;w=21600") when little of it is left; otherwise
// empty.
std::string rate_limit_words(const io::HttpResponse& response);

}  // namespace tmplbuild::registry
