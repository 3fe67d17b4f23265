// SPDX-License-Identifier: Apache-2.0
// The GPUs that people rent and own: product names as RunPod and NVIDIA spell them, the names that people type, and the
// compute capability. Templates name targets with them; plans and verdicts print them. The rows and the source of each
// stand in gpu_table.inc. Never asks a machine what it has: that is the probe's work.
#pragma once

#include <compare>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace tmplbuild::kernel {

// NVIDIA's compute capability; an RTX 4090 has 8.9. Ordered by major, then minor.
struct Capability {
    int major = 0;
    int minor = 0;

    static Result<Capability> parse(std::string_view text);  // "8.9" and nothing else; a usage error otherwise
    std::string to_string() const;                           // "8.9"
    int sm() const { return major * 10 + minor; }            // 89, the number in "sm_89"
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the comparison's own 0 for a pointer.
    auto operator<=>(const Capability&) const = default;
};

enum class Vendor { nvidia, amd };

// One row of the table. All text is constant data of the program.
struct Gpu {
    std::string_view name;        // how we print it: "RTX 4090", "H100 SXM"
    std::string_view product_id;  // the driver's name, which is RunPod's GPU id too: "NVIDIA GeForce RTX 4090"
    std::string_view generic;     // the name of a product line with one capability: "H100"; may be empty
    std::string_view alias_list;  // more spellings, '|' between them; may be empty
    Vendor vendor;
    int major;  // compute capability, 0.0 for a GPU that has none (AMD)
    int minor;
    std::string_view family;  // "Ada Lovelace"
    int memory_gb;            // of one GPU, as its vendor writes it; 0 where products differ
    bool on_runpod;           // on docs.runpod.io/references/gpu-types
    std::string_view source;  // where the capability was read

    std::optional<Capability> capability() const;  // none: not a CUDA GPU
    std::vector<std::string> aliases() const;
};

std::span<const Gpu> all_gpus();       // newest first, RunPod's and others
std::vector<std::string> gpu_names();  // Gpu::name of each, then the generic names once each

// Finds a GPU by any spelling: case, spaces, dashes and the words NVIDIA, GeForce, AMD, Tesla do not matter. A generic
// name finds the first row of its line. nullptr when no row matches.
const Gpu* find_gpu(std::string_view name);

// What a template names as a target: a product or a bare capability.
struct GpuTarget {
    std::string label;                     // for people: "RTX 4090", "H100", "8.9"
    std::optional<Capability> capability;  // none: a GPU without CUDA, which every verdict calls unsupported
    const Gpu* gpu = nullptr;              // set when a product was named; constant data
};

// "RTX 4090", "rtx4090", "4090", "NVIDIA GeForce RTX 4090" or "8.9". The error's hint has the nearest valid name.
Result<GpuTarget> parse_target(std::string_view text);

// The targets of a template without `gpus`, before the kernels say what they support: one for each CUDA capability on
// RunPod's list, ascending. Labels are capabilities ("8.9").
std::vector<GpuTarget> default_targets();

// "RTX 4090, L40S, RTX 6000 Ada": up to `limit` RunPod products of a capability, for messages; empty if there is none.
std::string products_of(const Capability& capability, std::size_t limit = 3);

}  // namespace tmplbuild::kernel
