// SPDX-License-Identifier: Apache-2.0
// The processes that /proc shows, read once: who is whose child, group and session. Used to find what a service has
// started, and what is left at the end of a pod. Read only when a process ended or is to be stopped, never at rest.
// Never signals anybody.
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
    std::uint64_t started = 0;  // clock ticks since the boot: with it a pid names one process for ever
    bool ended = false;         // a zombie
    bool dying = false;         // KILL has reached it, or it ends already
    std::string name{};         // at most 15 bytes, as Linux keeps it
    std::pair<pid_t, std::uint64_t> key() const { return {pid, started}; }
};

// proc(5): one line of /proc/PID/stat. Nothing where it is none.
std::optional<Process> parse_process(std::string_view stat);

class ProcessTable {
  public:
    // Nothing where /proc does not show processes.
    static std::optional<ProcessTable> read();
    explicit ProcessTable(std::vector<Process> all);

    const std::vector<Process>& all() const { return all_; }  // by pid
    const Process* find(pid_t pid) const;
    // The child of `ancestor` that `process` descends from, or is; none: it is not below it.
    const Process* child_of(pid_t ancestor, const Process& process) const;

  private:
    std::vector<Process> all_;
};

// The value of a variable that `pid` was started with; empty: it has none, has written over it, or may not be asked.
std::string started_with(pid_t pid, std::string_view variable);
// "PID 12 (nginx), PID 13 (nginx)"; of many, the first ones and how many more.
std::string describe(const std::vector<Process>& processes);

}  // namespace tmplbuild::launch
