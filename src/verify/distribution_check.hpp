// SPDX-License-Identifier: Apache-2.0
// Whether what a variant's own distribution says that it requires (Requires-Dist, PEP 508 and PEP 440) is installed in
// the Python that imports it. Used by verify.cpp. Never resolves or fetches anything.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verify/python_view.hpp"
#include "verify/verify.hpp"

namespace tmplbuild {

// Does a version fit "==2.11.*" or ">=2.4,<3"? None where one of the two is not PEP 440.
std::optional<bool> version_fits(std::string_view version, std::string_view specifiers);

// `folder`: the variant's, without a leading slash. Requirements that hang on an extra are passed over, and so are
// those with another marker whose distribution is not there.
std::vector<Finding> check_distributions(const RootView& view, const std::string& folder, const PythonView* python);

}  // namespace tmplbuild
