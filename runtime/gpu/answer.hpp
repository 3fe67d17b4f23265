// SPDX-License-Identifier: Apache-2.0
// What the GPU probe found, as a value and as the one JSON object that it prints. The probe writes it; the launcher
// reads it and trusts none of its bytes. Never asks a driver.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "kernel/gpu.hpp"
#include "kernel/version.hpp"

namespace tmplbuild::gpu {

inline constexpr std::size_t answer_limit = 256 * 1024;  // bytes of one answer; a longer one is not read
inline constexpr std::size_t gpu_limit = 64;             // GPUs of one machine; more cannot be real

enum class ProbeState {
    ok,         // there is at least one GPU that programs can use
    no_gpu,     // the driver is there and shows no GPU, or the pod's variables hide all
    no_driver,  // its libraries are not in the container
    failed,     // the driver answered with an error
    hangs,      // it did not answer in time
    crashed,    // the driver ended the process that asked it
    garbage,    // its answer makes no sense
};
const char* to_string(ProbeState state);
std::optional<ProbeState> parse_probe_state(std::string_view word);

struct SeenGpu {
    int index = 0;  // the driver's number, before CUDA_VISIBLE_DEVICES
    std::string name{};
    kernel::Capability capability{};
    std::string uuid{};                // "GPU-…"; empty where the source does not say
    std::uint64_t memory = 0;          // bytes; 0: not said
    bool mig = false;                  // it is divided: programs see its parts, which have its capability
    std::vector<std::string> parts{};  // UUIDs of its MIG devices
    bool operator==(const SeenGpu&) const = default;
};

// One source that was asked: "nvml", "cuda" (the driver API) or "nvidia-smi".
struct Attempt {
    std::string source{};
    ProbeState state = ProbeState::failed;
    std::string reason{};
    bool operator==(const Attempt&) const = default;
};

struct Answer {
    ProbeState state = ProbeState::no_driver;
    std::string reason{};                          // for people; empty when ok
    std::string source{};                          // which source this comes from
    std::optional<kernel::Version> driver{};       // 580.95.5
    std::optional<kernel::Version> driver_cuda{};  // the newest CUDA that the driver runs
    bool simulated = false;                        // a stand-in for a driver answered
    std::vector<SeenGpu> gpus{};                   // those that a CUDA program in this pod would see
    std::int64_t hidden = 0;                       // GPUs that the pod's variables hide from it
    std::vector<Attempt> attempts{};               // in the order of asking
    bool operator==(const Answer&) const = default;
};

json::object to_json(const Answer& answer);
// Checks everything: types, ranges, and that `ok` comes with GPUs. The error is one phrase for people.
Result<Answer> parse_answer(std::string_view text);

}  // namespace tmplbuild::gpu
