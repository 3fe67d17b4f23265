// SPDX-License-Identifier: Apache-2.0
// Base64 (RFC 4648, section 4), in which registries' credentials are written. Used by the registry's client. Strict:
// anything else gives none.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tmplbuild {

std::string base64(std::string_view bytes);
// Padding may be missing; white space and other characters may not occur.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace tmplbuild
