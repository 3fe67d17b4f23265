// SPDX-License-Identifier: Apache-2.0
#include "build/sandbox/leftovers.hpp"

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include "base/text.hpp"
#include "io/file.hpp"
#include "io/process_mark.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view prefix = "tmplbuild-";

std::vector<pid_t> processes_in(const fs::path& group) {
    std::vector<pid_t> out;
    const auto text = io::read_file(group / "cgroup.procs", 1 << 20);
    if (!text) return out;
    for (const std::string& line : split(*text, '\n')) {
        pid_t pid = 0;  // 0 also stands for a process that this pid namespace does not show
        if (std::from_chars(line.data(), line.data() + line.size(), pid).ec == std::errc() && pid > 0)
            out.push_back(pid);
    }
    return out;
}

void end_group(const fs::path& group) {
    for (int attempt = 0; attempt < 50; ++attempt) {
        if (::rmdir(group.c_str()) == 0 || errno != EBUSY) return;
        for (const pid_t pid : processes_in(group)) ::kill(pid, SIGKILL);
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

void sweep(const fs::path& hierarchy) {
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(hierarchy, failed)) {
        const std::string name = entry.path().filename();
        if (!name.starts_with(prefix)) continue;
        const std::string_view rest = std::string_view(name).substr(prefix.size());
        if (io::maker_of(rest.substr(0, rest.find('-'))) == io::Maker::dead) end_group(entry.path());
    }
}

}  // namespace

std::string new_cgroup_name() { return std::string(prefix) + io::own_mark() + "-" + io::unique_suffix(); }

void sweep_leftover_cgroups(const fs::path& root) {
    sweep(root);
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(root, failed))
        if (entry.is_directory(failed) && !entry.is_symlink(failed)) sweep(entry.path());
}

}  // namespace tmplbuild
