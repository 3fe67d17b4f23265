// SPDX-License-Identifier: Apache-2.0
// A kernel recipe (a layer.toml with kind = "kernel"): how one extension is compiled, arch by arch, and which module
// each GPU needs. Read from layers/<name>/ or a template's own recipe folder; planned per arch; never runs anything.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "kernel/arch.hpp"
#include "kernel/gpu.hpp"

namespace tmplbuild {

struct KernelArchRule {
    kernel::Capability capability;  // a GPU of this capability …
    kernel::Arch build_as;          // … is served by the variant built for this arch
};

struct KernelModule {
    std::string file;                              // "int8_attention/_fused.so", relative to the variant's folder
    std::vector<kernel::Capability> capabilities;  // which GPUs need it
};

struct KernelRecipe {
    std::string name, version, summary;
    std::filesystem::path directory;  // of layer.toml, absolute
    // Exactly one of the two kinds of source.
    std::filesystem::path source_path;        // absolute folder; empty for git
    std::vector<std::string> source_exclude;  // globs
    std::string source_url, source_rev;       // git, 40 hex digits
    std::vector<std::string> command;         // {arch} "8.9", {sm} "sm_89", {output}, {jobs}
    std::map<std::string, std::string> environment;
    bool needs_torch = false;
    double minutes = 1;                       // estimate for one arch on two cores
    std::uint64_t memory_bytes = 2ULL << 30;  // declared peak of one variant's compile
    std::string minimum_cuda;                 // "12.8"
    std::string python_package, python_version;
    std::vector<KernelArchRule> archs;
    std::vector<KernelModule> modules;
    std::vector<std::string> runtime_needs;  // "cc", "python-headers", …
    SourcePos pos;

    // The arch that serves a GPU of this capability, if the recipe supports it.
    const kernel::Arch* arch_for(const kernel::Capability& capability) const;
};

}  // namespace tmplbuild
