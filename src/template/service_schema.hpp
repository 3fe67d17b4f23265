// SPDX-License-Identifier: Apache-2.0
// What the JSON Schema of a template says of one `[[services]]` entry, made from the table of its fields. The unit test
// schema_test.cpp holds schema/template.schema.json to it, and writes it there anew. Never says what holds
// between two keys: that stands in the schema itself.
#pragma once

#include "base/json.hpp"

namespace tmplbuild {

// {"properties": …, "required": […]}. It refers to definitions of the schema: a probe, a secret and a limit stand
// there.
json::object service_schema();

}  // namespace tmplbuild
