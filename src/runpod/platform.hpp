// SPDX-License-Identifier: Apache-2.0
// What RunPod allows and does, as numbers and names with the source of each. The template, its lints and the client of
// the API ask here. Constant data alone.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tmplbuild::runpod {

// docs.runpod.io, "Expose ports": at most ten HTTP ports, by the proxy https://POD-PORT.proxy.runpod.net.
inline constexpr std::size_t most_http_ports = 10;
// docs.runpod.io, "Environment variables".
inline constexpr std::size_t most_variables = 50;
// REST v2, openapi.json of 2026-08-20, mounts.persistent.size.
inline constexpr std::uint64_t least_volume_gb = 10;
// Where the volume is mounted; what an image has there is hidden (github.com/dihan/runpod-hunyuan, issue 1).
inline constexpr std::string_view mount_path = "/workspace";
// Hosts map 65,536 users into a container: a file of a higher one cannot be unpacked there, and the pod never starts.
inline constexpr std::uint32_t highest_owner = 65'535;
// A host serves what its driver's CUDA or an older one needs, and the filter of hosts matches versions exactly: so all
// of them from the image's own on are named. The newest is of RunPod's own templates (runpod-plugins-official,
// runpod-templates/reference/comfyui.md, 2026-08-20).
inline constexpr auto cuda_versions = std::to_array<std::string_view>(
    {"11.0", "11.1", "11.2", "11.3", "11.4", "11.5", "11.6", "11.7", "11.8", "12.0", "12.1", "12.2",
     "12.3", "12.4", "12.5", "12.6", "12.7", "12.8", "12.9", "13.0", "13.1", "13.2", "13.3"});

// What a value that is a secret of the account looks like to the API (docs.runpod.io, "Manage secrets").
inline constexpr std::string_view secret_prefix = "{{ RUNPOD_SECRET_", secret_suffix = " }}";

}  // namespace tmplbuild::runpod
