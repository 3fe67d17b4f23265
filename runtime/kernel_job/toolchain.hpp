// SPDX-License-Identifier: Apache-2.0
// NVIDIA's compiler on the pod: the wheels that pod.json names are fetched, checked and unpacked by the image's own
// pip, and laid out as a toolkit with nvcc-front in the place of nvcc. Part of compile.cpp.
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
    std::string requirement_packages;  // that of compile::Recipe
};

using Environment = std::map<std::string, std::string>;

// `work` is a folder of the job's own, which the compile sees under the names of compile::Places: toolkit, cuda,
// requirements and stub lie in it. What an earlier try completed there is used again. `watch` is that of a command.
boost::system::result<Toolchain, JobFailure> prepare_toolchain(const pod::Kernel& kernel, const fs::path& work,
                                                               const Environment& environment, const Watch& watch);

// The nvidia/*/include folders below a site-packages folder, in the order of compile::nvidia_headers().
compile::Texts nvidia_headers(const fs::path& site_packages);

}  // namespace tmplbuild::job
