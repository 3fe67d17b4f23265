// SPDX-License-Identifier: Apache-2.0
// Serves the files that the build put into the program, at addresses that hold their hash. Used by the routes. A client
// that takes no gzip gets the file unpacked. Never reads a file of the pod.
#pragma once

#include <span>
#include <string>

#include "console/pages/embedded.hpp"
#include "console/web/answer.hpp"
#include "console/web/request.hpp"

namespace tmplbuild::console {

inline constexpr std::string_view static_prefix = "/_tmplbuild/static/";

// For a request whose path begins with the prefix.
Answer static_answer(const Request& request, std::span<const pages::StaticFile> files);

}  // namespace tmplbuild::console
