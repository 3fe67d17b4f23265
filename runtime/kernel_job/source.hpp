// SPDX-License-Identifier: Apache-2.0
// The source of a kernel on the pod: copied from the image, or a commit that the image's own git fetches and writes out
// as the builder does (docs/decisions/0012-a-commit-as-git-clone-writes-it.md). Part of compile.cpp.
#pragma once

#include <optional>

#include "kernel_job/command.hpp"
#include "kernel_job/files.hpp"
#include "kernel_job/toolchain.hpp"
#include "podspec/pod_spec.hpp"

namespace tmplbuild::job {

// Whole and patched at `to`, which is emptied first; nothing: it is done. `environment` says how a server is reached,
// and never what the bytes are. `watch` as a command's.
std::optional<JobFailure> lay_source(const pod::KernelSource& source, const fs::path& to,
                                     const Environment& environment, const Watch& watch);

}  // namespace tmplbuild::job
