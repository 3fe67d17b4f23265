// SPDX-License-Identifier: Apache-2.0
// The facts of a root on which known layers depend, measured over all layers of a base. Anybody may have made the root:
// every file is opened beneath it, links are followed inside it, sizes are bounded, and its programs run in the sandbox
// alone. Used by the base step. Never writes.
#pragma once

#include <string>
#include <vector>

#include "engine/step_context.hpp"
#include "sys/beneath.hpp"

namespace tmplbuild {

// `path`: the PATH of the image. `interpreters`: those that the template names ("/opt/conda/bin/python", "3.12"),
// besides the python3 of that PATH. One that is missing or does not answer is left out of the contract, and a message
// says why.
Result<BaseContract> measure_root(SandboxSession& session, const std::string& path,
                                  const std::vector<std::string>& interpreters, StepContext& context);

std::string release_name(const sys::Beneath& root);  // VERSION_CODENAME of os-release(5); may be empty
// Links among the folders through which layers reach other places, and folders that are not 0755 root:root.
FolderFacts measure_folders(const sys::Beneath& root);
std::string glibc_version(const sys::Beneath& root);  // "2.36"; empty: there is none

}  // namespace tmplbuild
