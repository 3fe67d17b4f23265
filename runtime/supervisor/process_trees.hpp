// SPDX-License-Identifier: Apache-2.0
// Which processes belong to which service, and signals to them. A service's processes are those that descend from its
// own process, that are of its group or session, or that carry its name in the environment that they were started with.
// Used by the engine and its objects. Never starts or reaps a process, and never decides which are to be signalled.
#pragma once

#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "supervisor/pod_view.hpp"
#include "supervisor/process_table.hpp"

namespace tmplbuild::launch {

// The variable that names the service in the environment of everything that it starts; its processes are found by it.
inline constexpr const char* service_variable = "TMPLBUILD_SERVICE";

class ProcessTrees {
  public:
    // The calls to the system, which a test replaces.
    struct System {
        std::function<std::optional<ProcessTable>()> read = ProcessTable::read;
        std::function<std::string(pid_t, std::string_view)> started_with = launch::started_with;
        std::function<int(pid_t, int)> kill = ::kill;
        std::function<bool()> has_children{};  // whether any child has ended or runs; not set: wait(2) is asked
        pid_t self = ::getpid();
    };
    // The launcher's own children.
    struct Own {
        std::function<bool(pid_t)> works;      // a helper, or a process of the log: they work for no service
        std::function<bool(pid_t)> probes;     // a program that answers a probe
        std::function<bool(pid_t)> keeps_log;  // gets no signal: it ends when its pipe does
        std::function<void()> end_log;         // ends those
    };
    ProcessTrees(const PodView& pod, Own own, System system);

    pid_t self() const { return system_.self; }
    void new_turn() { has_table_ = false; }  // a new turn of the loop: the table that was read before is out of date
    // A new process of the service has started: what was seen of the last one no longer counts.
    void new_process(std::size_t i);
    // `anew` reads the table now; otherwise it may date from any time since the loop woke up, which saves reading it
    // for each of many.
    const std::optional<ProcessTable>& processes(bool anew = false);

    // `top`: a child of the launcher.
    std::optional<std::size_t> service_of(const Process& top) const;
    // The service's processes without its own one. Processes that people started after logging in are not among them.
    std::vector<Process> tree_of(std::size_t i, const ProcessTable& table) const;
    // What of the service's tree runs without its own process, for people; empty: nothing. `group`: that process's pid;
    // 0: it is of an earlier run.
    std::string left_of(std::size_t i, pid_t group);

    void signal_service(std::size_t i, int signal);
    void signal_left(std::size_t i, int signal);
    void signal_foreground(int signal);
    // As PID 1 this signals everything in the container, even what another container tool's `exec` has started;
    // otherwise, only our descendants.
    void sweep(int signal);

  private:
    using Known = std::set<std::pair<pid_t, std::uint64_t>>;  // processes, by pid and start time
    struct Seen {                                             // about a service's present process
        Known seen;               // what descended from it when it was last examined; it may have lost its parent since
        Known told;               // those that have got the stop signal
        bool group_told = false;  // whether its whole group has got it
    };
    void send(pid_t pid, int signal) const;
    pid_t leader_of(std::size_t i) const;
    bool is_told_already(const Process& top) const;
    void sweep_blindly(int signal);
    bool any_child() const;

    const PodView& pod_;
    Own own_;
    System system_;
    std::vector<Seen> seen_;
    std::optional<ProcessTable> table_;  // of this turn of the loop
    bool has_table_ = false;
    Known swept_;  // those that got TERM at the end of the pod
    bool swept_blindly_ = false;
};

}  // namespace tmplbuild::launch
