// SPDX-License-Identifier: Apache-2.0
// The facts of a root that known layers depend on, measured over all layers of a base. The root may be anybody's:
// every file is opened beneath it, links are followed inside it, sizes are bounded, and its programs run in the
// sandbox alone. Used by the base step. Never writes.
#pragma once

#include <string>
#include <vector>

#include "engine/step_context.hpp"
#include "sys/beneath.hpp"

namespace tmplbuild {

// `path`: the PATH of the image. `interpreters`: what the template asks for ("/opt/conda/bin/python", "3.12") beside
// the python3 of that PATH; one that is missing or does not answer is not in the contract, and a message says why.
Result<BaseContract> measure_root(SandboxSession& session, const std::string& path,
                                  const std::vector<std::string>& interpreters, StepContext& context);

std::string release_name(const sys::Beneath& root);  // VERSION_CODENAME of os-release(5); may be empty
// Links among the folders that layers use as a way to something, and folders that are not plainly root's.
FolderFacts measure_folders(const sys::Beneath& root);
std::string glibc_version(const sys::Beneath& root);  // "2.36"; empty: none found

}  // namespace tmplbuild
