// SPDX-License-Identifier: Apache-2.0
// NVIDIA's compiler on the pod: the wheels that pod.json names, fetched, checked and unpacked by the image's own pip,
// and laid out as a toolkit with the front where nvcc is looked for. Part of compile.cpp.
#pragma once

#include <map>
#include <string>

#include "kernel_job/command.hpp"
#include "kernel_job/files.hpp"
#include "podspec/pod_spec.hpp"

namespace tmplbuild::job {

// Why something cannot be done on this pod now, though nothing is wrong with the kernel.
struct Trouble {
    Trouble() = default;
    Trouble(std::string what, bool may_pass, std::string what_hinders = {})
        : words(std::move(what)), transient(may_pass), hindrance(std::move(what_hinders)) {}
    std::string words;
    bool transient = false;   // another try may work: no network, a full disk
    std::string hindrance{};  // … and it passes by itself: "network", "damaged", "headroom", "memory"; empty: a person
                              // has to help
};

struct Toolchain {
    fs::path toolkit;       // has bin/nvcc
    fs::path cuda_home;     // the same with the front
    fs::path requirements;  // for PYTHONPATH; empty: none
    fs::path driver_stub;   // holds libcuda.so, to link against; empty: none
};

using Environment = std::map<std::string, std::string>;

// `work` is a folder of the job's own. Reuses what an earlier try left there whole. `watch` as a command's.
boost::system::result<Toolchain, Trouble> prepare_toolchain(const pod::Kernel& kernel, const fs::path& work,
                                                            const Environment& environment, const Watch& watch);

// The nvidia/*/include folders below a site-packages folder, for CPATH: torch's headers need them. Empty: there is
// none.
std::string nvidia_headers(const fs::path& site_packages);

// "no network", "disk full" from what a program printed; else its last lines.
Trouble trouble_from(const std::string& doing, const std::string& why, const std::string& tail);

}  // namespace tmplbuild::job
