// SPDX-License-Identifier: Apache-2.0
// Removes what a killed builder has left in Linux: its steps' control groups, and, after `run`, the container in one.
// Used when a sandbox is made; Store::sweep_temp does the same for the store. Never touches a group whose maker lives
// or cannot be examined.
#pragma once

#include <filesystem>
#include <string>

namespace tmplbuild {

// The name of a new control group of this process: "tmplbuild-<maker's mark>-<suffix>" (sys/process_mark.hpp).
std::string new_cgroup_name();
// Kills the processes in the groups of dead builders and removes the groups, in every hierarchy below `root`
// (cgroups(7)). A group that cannot be removed stays.
void sweep_leftover_cgroups(const std::filesystem::path& root = "/sys/fs/cgroup");

}  // namespace tmplbuild
