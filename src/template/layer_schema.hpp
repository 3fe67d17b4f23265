// SPDX-License-Identifier: Apache-2.0
// The part of a template's JSON Schema about one `[[layers]]` entry, made from the kinds of layers. The unit test
// schema_test.cpp compares schema/template.schema.json with it, and rewrites that file. The keys of each kind stand in
// the schema itself, in a definition that is written by hand.
#pragma once

#include "base/json.hpp"

namespace tmplbuild {

// The definitions "recipeLayer" and "layer", which refer to "filesLayer", "fetchLayer" and so on.
json::object layer_schema();

}  // namespace tmplbuild
