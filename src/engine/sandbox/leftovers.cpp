// SPDX-License-Identifier: Apache-2.0
#include "engine/sandbox/leftovers.hpp"

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include "base/text.hpp"
#include "sys/file.hpp"
#include "sys/process_mark.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view prefix = "tmplbuild-";
constexpr int max_depth = 12;

std::vector<pid_t> processes_in(const fs::path& group) {
    std::vector<pid_t> out;
    auto text = sys::read_file(group / "cgroup.procs", 1 << 20);
    if (!text) text = sys::read_file(group / "cgroup.threads", 1 << 20);  // a threaded group only has this list
    if (!text) return out;
    for (const std::string& line : split(*text, '\n')) {
        pid_t pid = 0;  // 0 also means a process that this pid namespace does not show
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

bool is_of_the_dead(std::string_view name) {
    if (!name.starts_with(prefix)) return false;
    const std::string_view mark = name.substr(prefix.size());
    return sys::maker_of(mark.substr(0, mark.find('-'))) == sys::Maker::dead;
}

// A group lies below the group of its maker, which may be anywhere.
void sweep(const fs::path& folder, int depth) {
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(folder, failed)) {
        if (!entry.is_directory(failed) || entry.is_symlink(failed)) continue;
        if (is_of_the_dead(entry.path().filename().string()))
            end_group(entry.path());
        else if (depth < max_depth)
            sweep(entry.path(), depth + 1);
    }
}

}  // namespace

std::string new_cgroup_name() { return std::string(prefix) + sys::own_mark() + "-" + sys::unique_suffix(); }

void sweep_leftover_cgroups(const fs::path& root) { sweep(root, 0); }

}  // namespace tmplbuild
