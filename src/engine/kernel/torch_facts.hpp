// SPDX-License-Identifier: Apache-2.0
// What an installed torch says of itself. Used by the kernel step: the pod compares these facts with its own torch
// before it switches a variant on. Starts no Python.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "base/json.hpp"

namespace tmplbuild {

// "version" and "git_version", since two builds of one version differ. Errors name `venv`.
Result<json::object> torch_facts(const std::filesystem::path& root, const std::string& site_packages,
                                 const std::string& venv);

}  // namespace tmplbuild
