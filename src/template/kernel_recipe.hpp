// SPDX-License-Identifier: Apache-2.0
// A kernel recipe (a layer.toml with kind = "kernel"): how one extension is compiled, arch by arch, and which module
// each GPU needs. Read from layers/<name>/ or from a recipe folder of the template; planned for each arch. Never runs
// anything.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "kernel/arch.hpp"
#include "kernel/gpu.hpp"
#include "template/file_item.hpp"

namespace tmplbuild {

struct KernelArchRule {
    kernel::Capability capability;  // a GPU of this capability …
    kernel::Arch build_as;          // … is served by the variant built for this arch
    // Of the variant; only one of the entries for a variant may have them. See environment_for(), minimum_cuda_for().
    std::map<std::string, std::string> environment;
    std::string minimum_cuda;
};

// A GPU that the kernel's own code rejects, whatever is compiled: refused while planning, with the reason.
struct KernelRefusal {
    kernel::Capability capability;
    std::string reason;  // for people, a phrase: "SageAttention's dispatcher knows no 10.x GPU"
};

// What a pod installs instead where no variant serves its GPU.
struct KernelFallback {
    std::vector<std::string> requirements;         // PEP 508; empty: there is none
    std::vector<kernel::Capability> capabilities;  // the GPUs on which it works
};

struct KernelModule {
    std::string file;                              // "int8_attention/_fused.so", relative to the variant's folder
    std::vector<kernel::Capability> capabilities;  // which GPUs need it
    bool device_code = true;                       // false: code of the host alone
    std::vector<std::string> may_lack;             // its kernels for which not every GPU needs code, by name
};

struct KernelRecipe {
    std::string name, version, summary;
    std::filesystem::path directory;  // of layer.toml, absolute
    // Exactly one of the four kinds of source.
    FileItem source_folder;              // its `source` is empty where the kind is another one
    std::string source_url, source_rev;  // git, 40 hex digits
    bool source_submodules = false;
    bool source_lfs_pointers = false;
    std::string archive_url, archive_sha256;     // 64 hex digits
    std::uint32_t archive_strip = 0;             // leading path components dropped when unpacking
    std::string sdist_project, sdist_version;    // of the package index, locked; the name in its one form
    std::vector<std::filesystem::path> patches;  // absolute; applied in this order, as `git apply` reads them
    std::vector<std::string> command;            // may hold {arch} "8.9", {sm} "sm_89", {output}, {jobs}
    std::map<std::string, std::string> environment;
    std::vector<std::string> build_requirements;  // PEP 508, for the compile alone: "packaging", "ninja"
    bool needs_torch = false;
    std::string minimum_torch, maximum_torch;  // "2.4"; the maximum includes every release that starts with it
    double minutes = 1;                        // estimate for one arch on two cores
    std::uint64_t memory_bytes = 2ULL << 30;   // declared peak of one variant's compile
    double limit_minutes = 0;                  // a longer compile is ended; see time_limit()
    std::string minimum_cuda;                  // "12.8"; for one variant see minimum_cuda_for()
    bool driver_stub = false;                  // it links against libcuda, which only a driver has
    std::string python_package, python_version;
    std::vector<KernelArchRule> archs;
    std::vector<KernelModule> modules;
    std::vector<std::string> runtime_needs;  // "cc", "python-headers", …
    std::vector<KernelRefusal> refused;
    KernelFallback fallback;
    std::filesystem::path selftest;  // absolute; a Python script run on the pod; empty: none
    SourcePos pos;

    // Seconds after which one variant's compile is ended: the declared time, else ten times the estimate, but at least
    // 30 minutes.
    std::chrono::seconds time_limit() const;
    // The arch that serves a GPU of this capability, if the recipe supports it.
    const kernel::Arch* arch_for(const kernel::Capability& capability) const;
    // The environment of [build], overridden by the variant's own.
    std::map<std::string, std::string> environment_for(const kernel::Arch& arch) const;
    // The later one of the recipe's and the variant's; empty: any.
    std::string minimum_cuda_for(const kernel::Arch& arch) const;
    const std::string* refusal_of(const kernel::Capability& capability) const;  // nullptr: it is not refused
    // Why a torch such as "2.11.0+cu130" does not serve, for people; none: it does, or the recipe has no rule.
    std::optional<std::string> torch_refusal(const std::string& torch_version) const;
};

}  // namespace tmplbuild
