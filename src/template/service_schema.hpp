// SPDX-License-Identifier: Apache-2.0
// The part of a template's JSON Schema about one `[[services]]` entry, made from the table of its fields. The unit test
// schema_test.cpp compares schema/template.schema.json with it, and rewrites that file. Rules between two keys stand in
// the schema itself.
#pragma once

#include "base/json.hpp"

namespace tmplbuild {

// {"properties": …, "required": […]}. It refers to the schema's definitions of a probe, a secret and a limit.
json::object service_schema();

}  // namespace tmplbuild
