// SPDX-License-Identifier: Apache-2.0
// A code target of nvcc: sm_89, sm_90a, sm_120f, in the spellings that nvcc and torch use. Templates and recipes name
// their variants with it, and the proof compares it with the bytes. Never says which GPU runs it: verdict.hpp does.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "kernel/gpu.hpp"
#include "kernel/version.hpp"

namespace tmplbuild::kernel {

// A suffix limits where the code runs: without one, on its capability and later minor ones; with 'a'
// (architecture-specific), on exactly its own; with 'f' (family-specific, CUDA 12.9 and newer), on its own and the
// family's later ones.
struct Arch {
    int sm = 0;       // 80, 89, 90, 100, 120: capability times ten
    char suffix = 0;  // 0, 'a' or 'f'

    // "8.9", "9.0a", "90a", "sm_90a", "compute_90a". Lists, spaces and "+PTX" are refused with what to write instead.
    static Result<Arch> parse(std::string_view text);

    Capability capability() const { return {sm / 10, sm % 10}; }
    std::string to_string() const;      // "sm_90a"
    std::string number() const;         // "90a"
    std::string to_torch_list() const;  // "9.0a", an entry of TORCH_CUDA_ARCH_LIST
    // {"-gencode", "arch=compute_90a,code=sm_90a"}: machine code only, no PTX.
    std::vector<std::string> gencode_flags() const;
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the comparison's own 0 for a pointer.
    auto operator<=>(const Arch&) const = default;
};

// Whether machine code for `arch` runs on a GPU of this capability. CUDA C++ Programming Guide, "Binary Compatibility"
// and "Family-Specific Architecture Features": plain code runs on its capability and later minor ones of the same
// major, 'a' on exactly its own, 'f' on its own and later minor ones of the family. Tegra chips (8.7, 11.0, …) run
// nobody else's code.
bool cubin_runs_on(const Arch& arch, const Capability& capability);

// The first CUDA toolkit whose nvcc knows the arch (nvcc release notes); none for an arch not in the list.
std::optional<Version> first_toolkit(const Arch& arch);
// The first toolkit that no longer builds for it (CUDA 13.0 dropped everything below 7.5); none: all newer ones still
// do.
std::optional<Version> dropped_in_toolkit(const Arch& arch);
// nullopt when `toolkit` can build `arch`; else the reason, for people: "sm_120 needs CUDA 12.8 or newer, …".
std::optional<std::string> toolkit_refusal(const Arch& arch, const Version& toolkit);

}  // namespace tmplbuild::kernel
