// SPDX-License-Identifier: Apache-2.0
// What a wheel says about itself: the headers of WHEEL and METADATA, and the scripts among its entry points (Python
// packaging user guide: "Core metadata", "Binary distribution format", "Entry points"). Used to lay out venvs. Pure:
// text in, values out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild {

// The first header of that name (case does not matter), trimmed; headers after the first empty line do not count.
std::optional<std::string> find_header(std::string_view text, std::string_view name);

struct EntryPoint {
    std::string name;      // of the script
    std::string module;    // "jupyterlab.labapp"
    std::string function;  // attributes of the module, the last one of which is called: "main", "cli.run"
};

// The entries of [console_scripts] and [gui_scripts], sorted by name; other groups are for the programs that read them.
// Errors: a name that is no file name, a missing function, and anything but "module:attribute".
Result<std::vector<EntryPoint>> parse_entry_points(std::string_view text);

}  // namespace tmplbuild
