// SPDX-License-Identifier: Apache-2.0
// What a RunPod template must know of an image, read from its bytes: the size on a host's disk, its owners, what lies
// under the mount path, its pod.json. Used by the command `runpod`. Reads each layer once; what was learnt of a layer
// is kept in the store, so that the next time only the layer of pod.json is read. Never unpacks anything.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "oci/image_source.hpp"
#include "oci/pull_forecast.hpp"
#include "podspec/pod_spec.hpp"

namespace tmplbuild::runpod {

// What one kernel of the image does on one GPU.
struct KernelRow {
    std::string kernel, gpu;  // the GPU as gpu.hpp names it
    bool runs = false;
    bool is_compiled_by_driver = false;  // at its first start there
    std::string reason;
};

struct ImageFacts {
    std::string reference;                  // "ghcr.io/me/comfyui@sha256:…"; empty: it is not said where it is pushed
    std::uint64_t unpacked = 0;             // bytes on a disk with blocks of 4 KiB
    oci::PullForecast pull{};               // of a host that has nothing
    pod::PodSpec spec{};                    // what runs in it; without services where it has no pod.json
    bool has_pod_spec = false;              // else it is no image of ours
    std::vector<std::string> entrypoint{};  // of its configuration
    std::map<std::string, std::string> environment{};
    std::string user{};
    std::string large_owner{};         // a path whose owner or group is above `highest_owner`; empty: none
    std::string on_mount_path{};       // a file or link under the mount path; empty: none
    std::optional<bool> is_private{};  // none: nobody was asked
    std::vector<KernelRow> kernels{};
};

// `store` may be nullptr: nothing is kept then. Sets all but `reference`, `is_private` and `kernels`.
Result<ImageFacts> read_image_facts(const oci::ImageSource& image, const Store* store, const std::stop_token& stop);

}  // namespace tmplbuild::runpod
