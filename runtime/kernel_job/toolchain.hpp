// SPDX-License-Identifier: Apache-2.0
// NVIDIA's compiler on the pod: the wheels that pod.json names, fetched, checked and unpacked by the image's own pip,
// and laid out as a toolkit with the front where nvcc is looked for. Part of compile.cpp.
#pragma once

#include <map>
#include <string>

#include "compile/recipe.hpp"
#include "kernel_job/command.hpp"
#include "kernel_job/files.hpp"
#include "kernel_job/job_failure.hpp"
#include "podspec/pod_spec.hpp"

namespace tmplbuild::job {

struct Toolchain {
    fs::path toolkit;                  // has bin/nvcc
    std::string requirement_packages;  // as compile::Recipe has it
};

using Environment = std::map<std::string, std::string>;

// `work` is a folder of the job's own, which the compile sees as compile::Places has it: toolkit, cuda, requirements
// and stub lie in it by these names. Reuses what an earlier try left there whole. `watch` as a command's.
boost::system::result<Toolchain, JobFailure> prepare_toolchain(const pod::Kernel& kernel, const fs::path& work,
                                                               const Environment& environment, const Watch& watch);

// The nvidia/*/include folders below a site-packages folder, as compile::nvidia_headers() names them.
compile::Texts nvidia_headers(const fs::path& site_packages);

}  // namespace tmplbuild::job
