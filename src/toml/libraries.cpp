// SPDX-License-Identifier: Apache-2.0
#include "toml/libraries.hpp"

#include <toml++/toml.h>

namespace tmplbuild {

std::vector<std::string> toml_libraries() {
    return {"toml++ " + std::to_string(TOML_LIB_MAJOR) + "." + std::to_string(TOML_LIB_MINOR) + "." +
            std::to_string(TOML_LIB_PATCH)};
}

}  // namespace tmplbuild
