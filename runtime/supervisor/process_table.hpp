// SPDX-License-Identifier: Apache-2.0
// The processes that /proc shows, read once: the parent, group and session of each. Used to find what a service has
// started, and what is left at the end of a pod. Read only when a process ended or is to be stopped, never at rest.
// Never signals any process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tmplbuild::launch {

struct Process {
    pid_t pid = 0, parent = 0, group = 0, session = 0;
    std::uint64_t started = 0;  // clock ticks since the boot: together with it, a pid names one process for ever
    bool ended = false;         // a zombie
    bool dying = false;         // it has got KILL, or is ending already
    std::string name{};         // at most 15 bytes, as Linux keeps it
    std::pair<pid_t, std::uint64_t> key() const { return {pid, started}; }
};

// Reads the line of /proc/PID/stat (proc(5)). None where the text is not such a line.
std::optional<Process> parse_process(std::string_view stat);

class ProcessTable {
  public:
    // None where /proc does not show processes.
    static std::optional<ProcessTable> read();
    explicit ProcessTable(std::vector<Process> all);

    const std::vector<Process>& all() const { return all_; }  // by pid
    const Process* find(pid_t pid) const;
    // The child of `ancestor` that `process` is or descends from; nullptr where it descends from none.
    const Process* child_of(pid_t ancestor, const Process& process) const;

  private:
    std::vector<Process> all_;
};

// The value of a variable in the environment that `pid` was started with; empty where it has none, has overwritten it,
// or where reading it is not permitted.
std::string started_with(pid_t pid, std::string_view variable);
// Such as "PID 12 (nginx), PID 13 (nginx)"; of many, the first ones and the number of the others.
std::string describe(const std::vector<Process>& processes);

}  // namespace tmplbuild::launch
