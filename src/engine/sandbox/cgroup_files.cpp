// SPDX-License-Identifier: Apache-2.0
#include "engine/sandbox/cgroup_files.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/text.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

std::optional<std::uint64_t> number_of(std::string_view digits) {
    std::uint64_t value = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec != std::errc()) return std::nullopt;
    return value;
}

// Inside a container the hierarchy may be mounted from the container's own group on, and the path is the machine's.
fs::path group_folder(const fs::path& hierarchy, const std::string& path) {
    fs::path folder = hierarchy / fs::path(path).relative_path();
    std::error_code failed;
    return fs::is_directory(folder, failed) ? folder : hierarchy;
}

}  // namespace

std::optional<std::uint64_t> number_in(const fs::path& file) {
    const auto text = sys::read_file(file, 4096);
    return text ? number_of(trim(*text)) : std::nullopt;
}

std::optional<std::uint64_t> number_in(const fs::path& file, std::string_view key) {
    const auto text = sys::read_file(file, 1 << 16);
    if (!text) return std::nullopt;
    for (const std::string& line : split(*text, '\n'))
        if (line.size() > key.size() && line.starts_with(key) && (line[key.size()] == ' ' || line[key.size()] == ':'))
            return number_of(trim(std::string_view(line).substr(key.size() + 1)));
    return std::nullopt;
}

// /proc/self/cgroup: "0::/path" for version 2, "N:controllers:/path" for version 1.
std::string own_cgroup(const fs::path& proc, std::string_view controller) {
    const auto text = sys::read_file(proc / "self/cgroup", 1 << 16);
    if (!text) return {};
    for (const std::string& line : split(*text, '\n')) {
        const std::size_t first = line.find(':'), second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const std::vector<std::string> controllers = split(line.substr(first + 1, second - first - 1), ',');
        if (std::find(controllers.begin(), controllers.end(), controller) != controllers.end())
            return line.substr(second + 1);
    }
    return {};
}

bool can_limit_processes(const KernelFiles& kernel) {
    std::error_code failed;
    if (!fs::is_regular_file(kernel.cgroups / "cgroup.controllers", failed))
        return fs::is_directory(kernel.cgroups / "pids", failed);
    const fs::path own = group_folder(kernel.cgroups, own_cgroup(kernel.proc, ""));
    const auto enabled = sys::read_file(own / "cgroup.subtree_control", 4096);
    if (!enabled) return false;
    const std::vector<std::string> names = split(trim(*enabled), ' ');
    return std::find(names.begin(), names.end(), "pids") != names.end();
}

StepGroup step_group(const std::string& name, const KernelFiles& kernel) {
    std::error_code failed;
    if (fs::is_regular_file(kernel.cgroups / "cgroup.controllers", failed)) {
        // runc takes a relative path as beside our group there, where no limit of ours would hold.
        const fs::path own = group_folder(kernel.cgroups, own_cgroup(kernel.proc, ""));
        const fs::path inside = own == kernel.cgroups ? fs::path() : own.lexically_relative(kernel.cgroups);
        return {(fs::path("/") / inside / name).lexically_normal().string(), own / name, own};
    }
    // Each hierarchy of version 1 has its own place for us, which runc looks up. Every process has devices: runc needs
    // that one, while a kernel may be started without memory.
    for (const char* controller : {"memory", "devices"}) {
        const fs::path own = group_folder(kernel.cgroups / controller, own_cgroup(kernel.proc, controller));
        if (fs::is_directory(own, failed)) return {name, own / name, own};
    }
    return {name, {}, {}};
}

}  // namespace tmplbuild
