// SPDX-License-Identifier: Apache-2.0
// Lays out the source of a kernel on the pod: copied from the image, or a commit that the image's own git fetches and
// writes out as the builder does (docs/decisions/0012-a-commit-as-git-clone-writes-it.md). Part of compile.cpp.
#pragma once

#include <optional>

#include "kernel_job/command.hpp"
#include "kernel_job/files.hpp"
#include "kernel_job/toolchain.hpp"
#include "podspec/pod_spec.hpp"

namespace tmplbuild::job {

// The patched source is put into `to`, which is emptied first; none: it worked. `environment` says how a server is
// reached, and never changes the bytes. `watch` is that of a command.
std::optional<JobFailure> lay_source(const pod::KernelSource& source, const fs::path& to,
                                     const Environment& environment, const Watch& watch);

}  // namespace tmplbuild::job
