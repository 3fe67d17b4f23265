// SPDX-License-Identifier: Apache-2.0
// Secrets that `run` steps ask for, held against those that the command line gave, before anything is fetched or built.
// Used by build.cpp. Never looks further into a secret than at what can be hidden of it.
#pragma once

#include <map>
#include <stop_token>
#include <string>

#include "base/progress.hpp"
#include "engine/prepare.hpp"

namespace tmplbuild {

// Throws BuildError with one usage error for each secret that lacks and whose step is not in the store already. Says of
// a secret that the log will show it, when it is too short to be hidden.
void check_secrets(const Template& tmpl, const std::map<std::string, std::string>& given, const PrepareOptions& options,
                   const ResolveContext& context);

}  // namespace tmplbuild
