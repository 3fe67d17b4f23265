// SPDX-License-Identifier: Apache-2.0
// The proof of what the pod compiled, made by the code that the build uses. Part of compile.cpp. Only reads files.
#pragma once

#include <string>

#include "kernel_job/files.hpp"
#include "podspec/pod_spec.hpp"

namespace tmplbuild::job {

// The proven table as canonical JSON, or the broken promise as an error. `arch`: one of the kernel's, such as "89".
Result<std::string> prove_files(const pod::Kernel& kernel, const std::string& arch, const fs::path& files);

}  // namespace tmplbuild::job
