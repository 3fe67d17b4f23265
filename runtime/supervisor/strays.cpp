// SPDX-License-Identifier: Apache-2.0
#include "supervisor/strays.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

namespace tmplbuild::launch {

// proc(5): the children of the calling thread, as numbers with spaces between.
static std::optional<std::vector<pid_t>> children() {
    const std::string file = "/proc/self/task/" + std::to_string(::getpid()) + "/children";
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return std::nullopt;
    std::string text;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::read(fd, buffer, sizeof buffer)) > 0;)
        text.append(buffer, static_cast<std::size_t>(got));
    ::close(fd);
    std::vector<pid_t> out;
    for (const char* at = text.c_str(); *at != '\0';) {
        char* end = nullptr;
        const long pid = std::strtol(at, &end, 10);
        if (end == at) break;
        if (pid > 1) out.push_back(static_cast<pid_t>(pid));
        at = *end == ' ' ? end + 1 : end;
    }
    return out;
}

// Every process of this PID namespace but ourselves, as /proc shows it.
static std::optional<std::vector<pid_t>> everybody() {
    DIR* folder = ::opendir("/proc");
    if (folder == nullptr) return std::nullopt;
    std::vector<pid_t> out;
    while (const dirent* entry = ::readdir(folder)) {
        char* end = nullptr;
        const long pid = std::strtol(entry->d_name, &end, 10);
        if (*end == '\0' && pid > 1) out.push_back(static_cast<pid_t>(pid));
    }
    ::closedir(folder);
    return out;
}

void signal_strays(int number, const std::function<bool(pid_t)>& spared) {
    const auto all = ::getpid() == 1 ? everybody() : children();
    if (!all && ::getpid() == 1) ::kill(-1, number);  // kill(2): everything but PID 1 itself
    for (const pid_t pid : all.value_or(std::vector<pid_t>()))
        if (!spared(pid)) ::kill(pid, number);
}

bool no_child_but(const std::function<bool(pid_t)>& expected) {
    const auto all = children();
    return all && std::all_of(all->begin(), all->end(), expected);
}

}  // namespace tmplbuild::launch
