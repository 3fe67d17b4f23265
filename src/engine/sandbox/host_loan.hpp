// SPDX-License-Identifier: Apache-2.0
// What this machine lends to a command with network: its CA bundle, its proxies and package-index settings. They are
// written into a folder that is mounted inside, and variables point to them. Used by the sandbox for build steps, and
// by `run` for a pod on this machine. Never part of a key, never in a layer, never in a log.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/error.hpp"

namespace tmplbuild {

inline constexpr const char* loan_folder = "/run/tmplbuild";  // inside, for build steps

// Fills `folder`, which is mounted at `inside`, and returns the variables that point into it.
Result<std::map<std::string, std::string>> lend_host_settings(const std::filesystem::path& folder,
                                                              const std::string& inside);

}  // namespace tmplbuild
