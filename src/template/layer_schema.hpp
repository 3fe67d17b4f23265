// SPDX-License-Identifier: Apache-2.0
// What the JSON Schema of a template says of one `[[layers]]` entry, by the kinds of layers that there are. The unit
// test schema_test.cpp holds schema/template.schema.json to it, and writes it there anew. Never says which keys a kind
// has: each has a definition of its own in the schema, by hand.
#pragma once

#include "base/json.hpp"

namespace tmplbuild {

// The definitions "recipeLayer" and "layer". They refer to "filesLayer", "fetchLayer" and so on.
json::object layer_schema();

}  // namespace tmplbuild
