// SPDX-License-Identifier: Apache-2.0
// Base64 (RFC 4648, section 4), as registries' credentials are written. Never guesses: what is no base64 is none.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tmplbuild {

std::string base64(std::string_view bytes);
// Padding may be left out; white space and other letters may not be there.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace tmplbuild
