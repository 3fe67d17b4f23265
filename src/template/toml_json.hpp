// SPDX-License-Identifier: Apache-2.0
// TOML text as a JSON value, for TOML files that are not ours: a resolver's pylock.toml. Made over the same bounded
// TOML reader as templates. Never decides what a document means.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"

namespace tmplbuild {

// Tables become objects (keys sorted), dates and times their own text as TOML writes them. `file` is named in errors.
Result<json::value> toml_to_json(std::string_view text, const std::string& file);

}  // namespace tmplbuild
