// SPDX-License-Identifier: Apache-2.0
// TOML text as a JSON value, for TOML files that tools or projects wrote, such as a resolver's pylock.toml. Uses the
// bounded TOML reader of templates. Never decides what a document means.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"

namespace tmplbuild {

// Tables become objects (keys sorted), dates and times become their text in TOML. Errors name `file`.
Result<json::value> toml_to_json(std::string_view text, const std::string& file);

}  // namespace tmplbuild
