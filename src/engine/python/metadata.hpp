// SPDX-License-Identifier: Apache-2.0
// What a wheel says about itself: the headers of WHEEL and METADATA, and the scripts among its entry points (Python
// packaging user guide: "Core metadata", "Binary distribution format", "Entry points"). Text in, values out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild {

// The first header of that name (case does not matter), trimmed; none beyond the first empty line.
std::optional<std::string> find_header(std::string_view text, std::string_view name);

struct EntryPoint {
    std::string name;      // of the script
    std::string module;    // "jupyterlab.labapp"
    std::string function;  // "main", "cli.run": attributes of the module, the last one called
};

// Of [console_scripts] and [gui_scripts], sorted by name; other groups are for the programs that read them. An error
// for a name that is no file name, for one without a function, and for what is not "module:attribute".
Result<std::vector<EntryPoint>> parse_entry_points(std::string_view text);

}  // namespace tmplbuild
