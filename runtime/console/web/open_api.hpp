// SPDX-License-Identifier: Apache-2.0
// The OpenAPI document of the console's API, which the build takes from schema/console.openapi.json. Used by main.cpp.
#pragma once

#include <string_view>

namespace tmplbuild::console {

std::string_view open_api_document();

}  // namespace tmplbuild::console
