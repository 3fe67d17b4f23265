// SPDX-License-Identifier: Apache-2.0
#include "engine/sandbox/cgroup_files.hpp"

#include <algorithm>
#include <vector>

#include "base/text.hpp"
#include "sys/file.hpp"
#include "sys/kernel_numbers.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

// Inside a container, the hierarchy may be mounted from the container's own group on, while the path is the machine's.
fs::path group_folder(const fs::path& hierarchy, const std::string& path) {
    fs::path folder = hierarchy / fs::path(path).relative_path();
    std::error_code failed;
    return fs::is_directory(folder, failed) ? folder : hierarchy;
}

}  // namespace

bool can_limit_processes(const KernelFiles& kernel) {
    std::error_code failed;
    if (!fs::is_regular_file(kernel.cgroups / "cgroup.controllers", failed))
        return fs::is_directory(kernel.cgroups / "pids", failed);
    const fs::path own = group_folder(kernel.cgroups, sys::own_cgroup(kernel.proc, ""));
    const auto enabled = sys::read_file(own / "cgroup.subtree_control", 4096);
    if (!enabled) return false;
    const std::vector<std::string> names = split(trim(*enabled), ' ');
    return std::find(names.begin(), names.end(), "pids") != names.end();
}

StepGroup step_group(const std::string& name, const KernelFiles& kernel) {
    std::error_code failed;
    if (fs::is_regular_file(kernel.cgroups / "cgroup.controllers", failed)) {
        // runc would place a relative path beside our group, where no limit of ours would hold.
        const fs::path own = group_folder(kernel.cgroups, sys::own_cgroup(kernel.proc, ""));
        const fs::path inside = own == kernel.cgroups ? fs::path() : own.lexically_relative(kernel.cgroups);
        return {(fs::path("/") / inside / name).lexically_normal().string(), own / name, own};
    }
    // With version 1, each hierarchy has its own place for this process, and runc uses that. A process always has a
    // place in "devices", which runc needs, while Linux may have been started without "memory".
    for (const char* controller : {"memory", "devices"}) {
        const fs::path own = group_folder(kernel.cgroups / controller, sys::own_cgroup(kernel.proc, controller));
        if (fs::is_directory(own, failed)) return {name, own / name, own};
    }
    return {name, {}, {}};
}

}  // namespace tmplbuild
