// SPDX-License-Identifier: Apache-2.0
// What a probe's answer means for this image: can its CUDA programs run (host), and which variant of a kernel serves
// the GPUs (kernel), each with words for people. Pure; used by the supervisor's transition and by tests.
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
    std::string reason{};  // "RTX 4090 (8.9), driver 580.95.05", or why not
    bool operator==(const HostVerdict&) const = default;
};
// The driver's age is judged by `minimum_driver` and `cuda` of the pod; an image without them asks for no driver.
HostVerdict judge_host(const Answer& answer, const pod::PodSpec& spec);

// "RTX 4090 (8.9)", "2 x RTX 4090 (8.9)", "RTX 3090 (8.6) and H100 PCIe (9.0)"
std::string describe_gpus(const Answer& answer);

struct KernelVerdict {
    kernel::Verdict verdict = kernel::Verdict::unknown;
    std::string reason{};
    std::optional<std::size_t> variant{};  // of pod::Kernel::variants: serves every visible GPU
    std::string digest{};                  // of that variant's files; empty: the build recorded none
    std::string arch{};                    // of that variant, "89"; without one, what is to be compiled; empty: nothing
    bool operator==(const KernelVerdict&) const = default;
};
// A process may use any of the visible GPUs, so a variant has to serve all of them. `answer` is one that judge_host()
// called usable.
KernelVerdict judge_kernel(const pod::Kernel& kernel, const Answer& answer);

// Of a variant that was compiled for `arch` ("86", "90a"), since it serves these GPUs: exact where it is their own
// arch.
kernel::Verdict verdict_of_arch(const std::string& arch, const Answer& answer);

// Whether the kernel's fallback works on all the GPUs.
bool fallback_serves(const pod::Kernel& kernel, const Answer& answer);

// INSTALL_<KERNEL>: `value` empty is not set.
struct InstallChoice {
    pod::InstallMode mode = pod::InstallMode::background;
    std::string complaint{};  // for the log and the status; empty: nothing to say
};
InstallChoice choose_install(const pod::Kernel& kernel, const std::optional<std::string>& value);

}  // namespace tmplbuild::gpu
