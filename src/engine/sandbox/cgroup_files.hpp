// SPDX-License-Identifier: Apache-2.0
// Where this process stands in the control groups, and where a step's own group is put (cgroups(7); the kernel's
// cgroup-v1/memory.rst and cgroup-v2.rst). Used by the machine's budget and by the sandbox. Only reads.
#pragma once

#include <filesystem>
#include <string>

namespace tmplbuild {

// Where /sys/fs/cgroup and /proc lie; tests give others.
struct KernelFiles {
    std::filesystem::path cgroups = "/sys/fs/cgroup";
    std::filesystem::path proc = "/proc";
};

// A group of a step's own, below this process's, so that every limit above holds for the step too.
struct StepGroup {
    std::string for_runc{};          // how runc is told of it (its linux.cgroupsPath)
    std::filesystem::path folder{};  // where its memory files are, if it has any, and its list of processes
    std::filesystem::path parent{};  // this process's own group in the same hierarchy
};
// Whether such a group can hold a limit of processes: the controller is there for groups below ours.
bool can_limit_processes(const KernelFiles& kernel = {});
StepGroup step_group(const std::string& name, const KernelFiles& kernel = {});

}  // namespace tmplbuild
