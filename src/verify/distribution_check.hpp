// SPDX-License-Identifier: Apache-2.0
// Checks that what a variant's own distribution requires (Requires-Dist, PEP 508 and PEP 440) is installed in the
// Python that imports it. Used by verify.cpp. Never resolves or fetches anything.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verify/python_view.hpp"
#include "verify/verify.hpp"

namespace tmplbuild {

// Whether a version fits "==2.11.*" or ">=2.4,<3". None where one of the two does not follow PEP 440.
std::optional<bool> version_fits(std::string_view version, std::string_view specifiers);

// `folder` is the variant's, without a leading slash. Requirements of an extra are ignored, and so are those with
// another marker whose distribution is not installed.
std::vector<Finding> check_distributions(const RootView& view, const std::string& folder, const PythonView* python);

}  // namespace tmplbuild
