// SPDX-License-Identifier: Apache-2.0
#include "supervisor/process_table.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdlib>

#include "supervisor/proc_owner.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::launch {

namespace {

constexpr std::size_t environment_limit = 2U << 20;  // execve(2) takes no more than this
// linux/sched.h, PF_EXITING and PF_SIGNALED.
constexpr std::uint64_t flag_exiting = 0x4, flag_signaled = 0x400;
constexpr int chain_limit = 4096;  // processes come and go while the table is read, so parents could form a circle

std::optional<Process> read_process(pid_t pid) {
    const sys::Fd file(::open(("/proc/" + std::to_string(pid) + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return std::nullopt;
    std::array<char, 1024> text{};
    const ssize_t got = ::read(file.get(), text.data(), text.size());
    if (got <= 0) return std::nullopt;
    return parse_process({text.data(), static_cast<std::size_t>(got)});
}

template <class Number>
bool take_number(std::string_view& text, Number& out) {
    const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
    const auto [end, code] = std::from_chars(text.data() + begin, text.data() + text.size(), out);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return code == std::errc();
}

bool skip_word(std::string_view& text) {
    const std::size_t begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) return false;
    text.remove_prefix(std::min(text.find(' ', begin), text.size()));
    return true;
}

}  // namespace

std::optional<Process> parse_process(std::string_view stat) {
    // "PID (NAME) STATE PARENT GROUP SESSION …": the name may hold any character, so it ends at the last ')'.
    Process out;
    const std::size_t open = stat.find('('), close = stat.rfind(')');
    if (close == std::string_view::npos || open > close || close + 3 > stat.size()) return std::nullopt;
    std::string_view first = stat.substr(0, open), rest = stat.substr(close + 3);
    if (!take_number(first, out.pid) || out.pid <= 0) return std::nullopt;
    out.name = std::string(stat.substr(open + 1, close - open - 1));
    out.ended = stat[close + 2] == 'Z' || stat[close + 2] == 'X';
    if (!take_number(rest, out.parent) || !take_number(rest, out.group) || !take_number(rest, out.session))
        return std::nullopt;
    // The 9th field holds Linux's flags, the 22nd the start time, the 31st the signals that are pending for its first
    // thread.
    std::uint64_t flags = 0, signals = 0;
    for (int field = 7; field <= 31; ++field) {
        const bool taken = field == 9    ? take_number(rest, flags)
                           : field == 22 ? take_number(rest, out.started)
                           : field == 31 ? take_number(rest, signals)
                                         : skip_word(rest);
        if (!taken) return std::nullopt;
    }
    out.dying = out.ended || (flags & (flag_exiting | flag_signaled)) != 0 || (signals & (1U << (SIGKILL - 1))) != 0;
    return out;
}

ProcessTable::ProcessTable(std::vector<Process> all) : all_(std::move(all)) {
    std::sort(all_.begin(), all_.end(), [](const Process& a, const Process& b) { return a.pid < b.pid; });
}

std::optional<ProcessTable> ProcessTable::read() {
    DIR* folder = ::opendir("/proc");
    if (folder == nullptr) return std::nullopt;
    std::vector<Process> all;
    while (const dirent* entry = ::readdir(folder)) {
        char* end = nullptr;
        const long pid = std::strtol(entry->d_name, &end, 10);
        if (*end != '\0' || pid <= 0) continue;
        if (auto process = read_process(static_cast<pid_t>(pid))) all.push_back(std::move(*process));
    }
    ::closedir(folder);
    ProcessTable table(std::move(all));
    if (table.find(::getpid()) == nullptr) return std::nullopt;  // something else is mounted at /proc
    return table;
}

const Process* ProcessTable::find(pid_t pid) const {
    const auto at = std::lower_bound(all_.begin(), all_.end(), pid,
                                     [](const Process& process, pid_t wanted) { return process.pid < wanted; });
    return at != all_.end() && at->pid == pid ? &*at : nullptr;
}

const Process* ProcessTable::child_of(pid_t ancestor, const Process& process) const {
    const Process* at = &process;
    for (int step = 0; at != nullptr && step < chain_limit; ++step) {
        if (at->parent == ancestor) return at;
        at = at->parent > 0 ? find(at->parent) : nullptr;
    }
    return nullptr;
}

std::string started_with(pid_t pid, std::string_view variable) {
    const std::string path = "/proc/" + std::to_string(pid) + "/environ";
    sys::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text;
    std::array<char, 16384> part{};
    const AsOwner owner(pid);
    if (!file) file = sys::Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    for (ssize_t got = 0;
         file && text.size() < environment_limit && (got = ::read(file.get(), part.data(), part.size())) > 0;)
        text.append(part.data(), static_cast<std::size_t>(got));
    for (std::string_view rest = text; !rest.empty();) {
        const std::string_view entry = rest.substr(0, rest.find('\0'));
        if (entry.size() > variable.size() && entry.starts_with(variable) && entry[variable.size()] == '=')
            return std::string(entry.substr(variable.size() + 1));
        rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
    }
    return {};
}

std::string describe(const std::vector<Process>& processes) {
    constexpr std::size_t most = 4;
    std::string out;
    for (std::size_t i = 0; i < std::min(processes.size(), most); ++i)
        out += (i == 0 ? "PID " : ", PID ") + std::to_string(processes[i].pid) + " (" + processes[i].name + ")";
    if (processes.size() > most) out += " and " + std::to_string(processes.size() - most) + " more";
    return out;
}

}  // namespace tmplbuild::launch
