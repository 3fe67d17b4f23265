// SPDX-License-Identifier: Apache-2.0
// The proof of what the pod compiled, by the same code as the build's. Part of compile.cpp.
#pragma once

#include <string>

#include "kernel_job/files.hpp"
#include "podspec/pod_spec.hpp"

namespace tmplbuild::job {

// The proven table as canonical JSON; or the promise that is broken. `arch`: "89", one of the kernel's.
Result<std::string> prove_files(const pod::Kernel& kernel, const std::string& arch, const fs::path& files);

}  // namespace tmplbuild::job
