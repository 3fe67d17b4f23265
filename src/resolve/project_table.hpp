// SPDX-License-Identifier: Apache-2.0
// What pyproject.toml's [project] table says of a distribution without running anything (PEP 621): backends may not
// change a field that it gives, and say at build time only those that it lists as `dynamic`. Pure; used while
// resolving.
#pragma once

#include <optional>
#include <string>

#include "base/error.hpp"
#include "resolve/sdist_metadata.hpp"

namespace tmplbuild {

// None where something that a resolution needs (name, version, dependencies, extras, Python) is dynamic, or where there
// is no such table. `file`: for messages. A text that is no TOML: a usage error.
Result<std::optional<SdistMetadata>> read_project_table(const std::string& text, const std::string& file);

}  // namespace tmplbuild
