// SPDX-License-Identifier: Apache-2.0
// Which process is whose, and signals to them. A service's are those that descend from its process, that are of its
// group or session, or that carry its name in the environment that they were started with. Used by the engine, and for
// who answers a probe. Never starts or reaps anybody, and never decides who is to be told.
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

// Names the service in the environment of everything that it starts, by which its processes are found.
inline constexpr const char* service_variable = "TMPLBUILD_SERVICE";

class ProcessTrees {
  public:
    // The system, or what a test has in its place.
    struct System {
        std::function<std::optional<ProcessTable>()> read = ProcessTable::read;
        std::function<std::string(pid_t, std::string_view)> started_with = launch::started_with;
        std::function<int(pid_t, int)> kill = ::kill;
        std::function<bool()> has_children{};  // that have ended or run; left out: wait(2) is asked
        pid_t self = ::getpid();
    };
    // The launcher's own children.
    struct Own {
        std::function<bool(pid_t)> works;      // a helper or the log's, which work for no service
        std::function<bool(pid_t)> probes;     // a program that answers a probe
        std::function<bool(pid_t)> keeps_log;  // it is told nothing: it ends when its pipe does
        std::function<void()> end_log;         // ends those
    };
    ProcessTrees(const PodView& pod, Own own, System system);

    pid_t self() const { return system_.self; }
    void new_turn() { has_table_ = false; }  // of the loop: what was read before is old
    void new_process(std::size_t i);         // of the service: what was seen of the one before is void
    // `anew`: as it is now. Else as it was at any time since the loop woke up, which saves reading it for each of many.
    const std::optional<ProcessTable>& processes(bool anew = false);

    // `top`: a child of the launcher.
    std::optional<std::size_t> service_of(const Process& top) const;
    // Its processes but its own one. What people who logged in have started is theirs.
    std::vector<Process> tree_of(std::size_t i, const ProcessTable& table) const;
    // What of its tree runs without its process, for people; empty: nothing. `group`: that process's pid, 0: of a life
    // before.
    std::string left_of(std::size_t i, pid_t group);

    void signal_service(std::size_t i, int signal);
    void signal_left(std::size_t i, int signal);
    void signal_foreground(int signal);
    // PID 1 ends everything in the container, also what another's `exec` has started; elsewhere, what descends from us.
    void sweep(int signal);

  private:
    using Known = std::set<std::pair<pid_t, std::uint64_t>>;  // processes, by pid and start time
    struct Seen {                                             // of a service's present process
        Known seen;               // what descended from it, at a look; it may have lost its parent since
        Known told;               // what of it has had the stop signal
        bool group_told = false;  // the same of its group as a whole
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
    Known swept_;  // has had TERM at the end of the pod
    bool swept_blindly_ = false;
};

}  // namespace tmplbuild::launch
