// SPDX-License-Identifier: Apache-2.0
// What one module's bytes say, as JSON and back, so that a machine without the bytes can make the same proof from it.
// Used for side files of layers. Strict about types, like the proof's own form.
#pragma once

#include "base/json.hpp"
#include "kernel/variant_proof.hpp"

namespace tmplbuild::kernel {

// Raised whenever the facts of the same module, or their form, would change.
inline constexpr int module_facts_version = 1;

json::object to_json(const ModuleFacts& facts);
Result<ModuleFacts> module_facts_from_json(const json::object& object);

}  // namespace tmplbuild::kernel
