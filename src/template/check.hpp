// SPDX-License-Identifier: Apache-2.0
// What must hold across the tables of a template: unique names and ports, references that exist, no circles. Called
// once by parse.cpp after every table was read. Never changes the template.
#pragma once

#include "template/report.hpp"
#include "template/template.hpp"

namespace tmplbuild {

void check_template(const Template& tmpl, Report& report);

}  // namespace tmplbuild
