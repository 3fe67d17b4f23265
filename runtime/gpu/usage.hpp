// SPDX-License-Identifier: Apache-2.0
// How much of its memory and time each GPU uses now, as a value and as the one JSON object that `gpu-probe --usage`
// prints. The probe writes it; the console reads it and trusts none of its bytes. Never asks a driver.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gpu/answer.hpp"

namespace tmplbuild::gpu {

struct GpuUsage {
    int index = 0;                               // the driver's number
    std::string name{};                          // empty: not said
    std::optional<std::uint64_t> memory_used{};  // bytes
    std::optional<int> load_percent{};           // 0..100
    bool operator==(const GpuUsage&) const = default;
};

struct Usage {
    ProbeState state = ProbeState::no_driver;
    std::string reason{};  // for people; empty when ok
    std::string source{};  // "nvml" or "nvidia-smi"
    std::vector<GpuUsage> gpus{};
    bool operator==(const Usage&) const = default;
};

json::object to_json(const Usage& usage);
// Checks types and ranges. The error is one phrase for people.
Result<Usage> parse_usage(std::string_view text);

}  // namespace tmplbuild::gpu
