// SPDX-License-Identifier: Apache-2.0
// `--set key=value`: changes the template's tree before it is read, so that a value from the command line is checked
// like one from the file. Used by parse.cpp. Knows no key's meaning.
#pragma once

#include <string>

#include "toml/node.hpp"
#include "toml/report.hpp"

namespace tmplbuild {

// `option` is the text after --set. In an array, a part of the key is an index from 0 or an entry's name:
// "services.jupyter.port=8889", "layers.0.rev=…". Errors have the option as their place.
void apply_set(toml_tree::Node& tree, const std::string& option, Report& report);

}  // namespace tmplbuild
