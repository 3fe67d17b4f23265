// SPDX-License-Identifier: Apache-2.0
// Fills the placeholders of a page: {{pod}}, {{csrf}}, … Used by the routes that answer with a page. Every value is
// escaped, so that no value can become markup; {{state}} is JSON inside a script element.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace tmplbuild::console {

std::string html_escaped(std::string_view text);
// JSON that ends no script element: <, > and & as \u003c, \u003e and \u0026, and the two line ends that are only
// JavaScript's.
std::string script_escaped(std::string_view json);

// A placeholder without a value becomes nothing. `state` is the JSON for {{state}}.
std::string filled_page(std::string_view page, const std::map<std::string, std::string>& values,
                        std::string_view state = "null");

}  // namespace tmplbuild::console
