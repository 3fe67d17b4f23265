// SPDX-License-Identifier: Apache-2.0
// What this machine lends to a command with network: its CA bundle, its resolver, its proxies and package-index
// settings. Written into a folder that the sandbox mounts at /run/tmplbuild, and named by variables. Used by the
// sandbox alone; never part of a key, never in a layer, never in a log.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/error.hpp"

namespace tmplbuild {

inline constexpr const char* loan_folder = "/run/tmplbuild";  // inside

// Fills `folder` and returns the variables that point into it.
Result<std::map<std::string, std::string>> lend_host_settings(const std::filesystem::path& folder);

}  // namespace tmplbuild
