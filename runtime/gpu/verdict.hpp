// SPDX-License-Identifier: Apache-2.0
// What a probe's answer means for this image: whether its CUDA programs can run (host), and which variant of a kernel
// serves the GPUs (kernel), each with words for people. Pure; used by the supervisor.
#pragma once

#include <optional>
#include <string>

#include "gpu/answer.hpp"
#include "kernel/verdict.hpp"
#include "podspec/pod_spec.hpp"

namespace tmplbuild::gpu {

enum class HostState { unknown, probing, usable, old_driver, no_gpu, no_driver, failed };
const char* to_string(HostState state);  // the words of the status: "usable", "old-driver", …

struct HostVerdict {
    HostState state = HostState::unknown;
    std::string reason{};  // "RTX 4090 (8.9), driver 580.95.05", or the reason against it
    bool operator==(const HostVerdict&) const = default;
};
// The pod's `minimum_driver` and `cuda` decide whether the driver is too old; an image without them needs no driver.
HostVerdict judge_host(const Answer& answer, const pod::PodSpec& spec);

// A driver's version as NVIDIA writes it, with at least two digits in each part: 580.65.06.
std::string driver_text(const kernel::Version& driver);

// Such as "RTX 4090 (8.9)", "2 x RTX 4090 (8.9)", "RTX 3090 (8.6) and H100 PCIe (9.0)".
std::string describe_gpus(const Answer& answer);

struct KernelVerdict {
    kernel::Verdict verdict = kernel::Verdict::unknown;
    std::string reason{};
    std::optional<std::size_t> variant{};  // index into pod::Kernel::variants; it serves every visible GPU
    std::string digest{};                  // of that variant's files; empty: the build recorded none
    std::string arch{};  // of that variant, "89"; without a variant, the arch to be compiled; empty: none
    bool operator==(const KernelVerdict&) const = default;
};
// A process may use any of the visible GPUs, so a variant has to serve all of them. `answer` must be one that
// judge_host() called usable.
KernelVerdict judge_kernel(const pod::Kernel& kernel, const Answer& answer);

// The verdict of a variant that was compiled for `arch` ("86", "90a") and serves these GPUs: exact where it is their
// own arch.
kernel::Verdict verdict_of_arch(const std::string& arch, const Answer& answer);

// Whether the kernel's fallback works on all the GPUs.
bool fallback_serves(const pod::Kernel& kernel, const Answer& answer);

// The choice that INSTALL_<KERNEL> makes; an empty `value` means that it is not set.
struct InstallChoice {
    pod::InstallMode mode = pod::InstallMode::background;
    std::string complaint{};  // for the log and the status; empty: no complaint
};
InstallChoice choose_install(const pod::Kernel& kernel, const std::optional<std::string>& value);

}  // namespace tmplbuild::gpu
