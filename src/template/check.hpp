// SPDX-License-Identifier: Apache-2.0
// Rules between the tables of a template: names and ports are unique, references exist, there are no circles. Called
// once by parse.cpp, after every table was read. Never changes the template.
#pragma once

#include "template/template.hpp"
#include "toml/report.hpp"

namespace tmplbuild {

void check_template(const Template& tmpl, Report& report);

}  // namespace tmplbuild
