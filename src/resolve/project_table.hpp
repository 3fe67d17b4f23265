// SPDX-License-Identifier: Apache-2.0
// What pyproject.toml's [project] table says of a distribution, without running anything (PEP 621): backends may not
// change a field that it gives, and decide only the fields listed as `dynamic` at build time. Used while resolving.
// Pure.
#pragma once

#include <optional>
#include <string>

#include "base/error.hpp"
#include "resolve/sdist_metadata.hpp"

namespace tmplbuild {

// None where a field that a resolution needs (name, version, dependencies, extras, Python) is dynamic, or where there
// is no such table. `file` is for messages. A text that is not TOML is a usage error.
Result<std::optional<SdistMetadata>> read_project_table(const std::string& text, const std::string& file);

}  // namespace tmplbuild
