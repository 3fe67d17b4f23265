// SPDX-License-Identifier: Apache-2.0
// What a torch that is installed says of itself. Used by the kernel step: the pod compares it with its own torch before
// it switches a variant on. Starts no Python.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "base/json.hpp"

namespace tmplbuild {

// "version" and "git_version", since two builds of one version differ. `venv` is named in errors.
Result<json::object> torch_facts(const std::filesystem::path& root, const std::string& site_packages,
                                 const std::string& venv);

}  // namespace tmplbuild
