// SPDX-License-Identifier: Apache-2.0
// What a builder that was killed leaves in the kernel: its steps' control groups, and, after `run`, the container in
// one. Used when a sandbox is made; the store's own leftovers are the store's (Store::sweep_temp). Never touches a
// group whose maker lives or cannot be looked at.
#pragma once

#include <filesystem>
#include <string>

namespace tmplbuild {

// For a new control group of this process: "tmplbuild-<maker's mark>-<suffix>" (io/process_mark.hpp).
std::string new_cgroup_name();
// Kills what still runs in the groups of dead builders and removes the groups, in every hierarchy below `root`
// (cgroups(7)). What cannot be removed stays.
void sweep_leftover_cgroups(const std::filesystem::path& root = "/sys/fs/cgroup");

}  // namespace tmplbuild
