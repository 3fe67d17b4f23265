// SPDX-License-Identifier: Apache-2.0
// The control groups of this process, and the place of a step's own group (cgroups(7); the kernel's
// cgroup-v1/memory.rst and cgroup-v2.rst). Used by the machine's budget and by the sandbox. Only reads.
#pragma once

#include <filesystem>
#include <string>

namespace tmplbuild {

// Where /sys/fs/cgroup and /proc are; tests use other folders.
struct KernelFiles {
    std::filesystem::path cgroups = "/sys/fs/cgroup";
    std::filesystem::path proc = "/proc";
};

// A group for one step, below this process's own, so that every limit above also holds for the step.
struct StepGroup {
    std::string for_runc{};          // the form for runc (its linux.cgroupsPath)
    std::filesystem::path folder{};  // where its memory files, if any, and its list of processes are
    std::filesystem::path parent{};  // this process's own group in the same hierarchy
};
// Whether such a group can limit the number of processes: groups below ours have that controller.
bool can_limit_processes(const KernelFiles& kernel = {});
StepGroup step_group(const std::string& name, const KernelFiles& kernel = {});

}  // namespace tmplbuild
