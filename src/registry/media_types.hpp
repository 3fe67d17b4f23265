// SPDX-License-Identifier: Apache-2.0
// What a request for a manifest says that it takes. For pull and push. Without it, registries refuse Docker's own types
// or turn them into their first schema.
#pragma once

#include <string>

namespace tmplbuild::registry {

std::string accepted_manifests();  // the value of Accept

}  // namespace tmplbuild::registry
