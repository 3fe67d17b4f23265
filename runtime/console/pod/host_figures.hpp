// SPDX-License-Identifier: Apache-2.0
// What the container may use and uses now: memory, processors, processes, its own disk. Read from Linux's control
// groups (kernel.org, cgroup-v2.rst; cgroup-v1/memory.rst), /proc and statvfs(2) of "/". Used for the status page.
// Bounded reads of the machine's own files only; never the volume.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tmplbuild::console {

struct HostFigures {
    std::optional<std::uint64_t> memory_used{}, memory_limit{};  // bytes; used: without what can be dropped at once
    std::optional<double> cpus{};                                // processors' time that the pod may use
    std::optional<std::int64_t> pids_max{};                      // processes and threads; none: no limit, or not known
    std::optional<std::uint64_t> disk_used{}, disk_total{};      // bytes of the file system of "/"
    std::vector<std::string> warnings{};                         // a sentence each
};

struct HostPlaces {
    std::filesystem::path cgroups = "/sys/fs/cgroup", proc = "/proc", root = "/";
};

HostFigures read_host_figures(const HostPlaces& places);

}  // namespace tmplbuild::console
