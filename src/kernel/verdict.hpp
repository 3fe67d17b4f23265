// SPDX-License-Identifier: Apache-2.0
// Whether given bytes can run on a given GPU: the compatibility rules of CUDA as pure functions, each answer with its
// reason in words. Everything that judges code for a GPU asks here: the proof, the plan and the launcher's choice of a
// variant. Rules: CUDA C++ Programming Guide ("Binary compatibility", "PTX compatibility", "Family-specific
// architecture features"), CUDA Compatibility (driver floors). Never reads files, never asks a driver.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "kernel/fatbin.hpp"
#include "kernel/gpu.hpp"
#include "kernel/version.hpp"

namespace tmplbuild::kernel {

// From best to worst, so that the worst of several is their maximum.
enum class Verdict {
    exact,        // machine code for exactly this capability
    compatible,   // machine code for an earlier one of the same major, or for its family
    jit,          // PTX only: the driver compiles it at the first load
    unknown,      // the bytes could not be read fully, and the part that was read does not serve the GPU
    missing,      // nothing in the bytes can run there
    unsupported,  // the GPU or its driver can never run it
};

const char* to_string(Verdict verdict);
Result<Verdict> parse_verdict(std::string_view text);
bool runs(Verdict verdict);  // exact, compatible or jit

struct Judgement {
    Verdict verdict = Verdict::unknown;
    std::string reason;  // a phrase that a user understands, no final dot: "sm_80 code runs on 8.6 (same major, …)"
    bool operator==(const Judgement&) const = default;
};

// The machine that would run it, as far as it is known. All empty: the judgement holds for a machine with any driver.
struct Host {
    std::optional<Version> driver;       // 580.65.6, as NVML says it
    std::optional<Version> driver_cuda;  // 13.0: the newest CUDA of the driver, as cuDriverGetVersion says it
};

// Whether a driver can compile PTX for `arch` for a GPU of this capability. Plain PTX serves its own capability and
// every later one, 'a' exactly its own, 'f' its family. For machine code ask cubin_runs_on (arch.hpp).
bool ptx_runs_on(const Arch& arch, const Capability& capability);

// A kernel's symbol as its source has it: "_Z3hopPf" is "hop(float*)"; a name that is no C++ symbol is returned
// unchanged.
std::string kernel_name(const std::string& symbol);

// Judges a module's code for a GPU of this capability: the best code of each unit counts, and of all units the worst,
// whose kernels the reason names.
Judgement judge(const DeviceCode& code, const Capability& capability, const Host& host = {});
// The same for a target: a GPU without CUDA is unsupported.
Judgement judge(const DeviceCode& code, const GpuTarget& target, const Host& host = {});

// A variant serves a GPU as well as the worst of the modules which that GPU needs; the reason names that module.
// No module at all is `missing`.
Judgement combine(const std::vector<std::pair<std::string, Judgement>>& modules);

// The lowest Linux driver for programs of a CUDA toolkit (CUDA Compatibility, minor version compatibility), higher
// where device code is compressed with zstd under CUDA 12. None for a major not in the table.
std::optional<Version> minimum_driver(const Version& toolkit, bool zstd);
// None when the driver is new enough or not known; else the reason with both versions in it. Where `driver_cuda` is
// known it decides, since NVIDIA's compatibility packages bring a newer CUDA to an older kernel driver.
std::optional<std::string> driver_refusal(const Version& toolkit, bool zstd, const Host& host);
// The first CUDA whose driver compiles this PTX (PTX ISA, release notes); none for an ISA newer than the table.
std::optional<Version> cuda_of_ptx_isa(const Version& isa);

}  // namespace tmplbuild::kernel
