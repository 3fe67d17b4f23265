// SPDX-License-Identifier: Apache-2.0
// Compares the secrets that `run` steps ask for with those of the command line, before anything is fetched or built.
// Used by build.cpp. Of a secret's content, it only looks at whether it can be hidden.
#pragma once

#include <map>
#include <stop_token>
#include <string>

#include "base/progress.hpp"
#include "engine/prepare.hpp"

namespace tmplbuild {

// Throws BuildError with one usage error for each secret that is missing and whose step is not in the store already.
// Warns of each secret that is too short to be hidden in the log. `only`: the steps that are made, by id; empty: all.
void check_secrets(const Template& tmpl, const std::map<std::string, std::string>& given, const PrepareOptions& options,
                   const std::vector<std::string>& only, const ResolveContext& context);

}  // namespace tmplbuild
