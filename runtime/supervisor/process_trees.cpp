// SPDX-License-Identifier: Apache-2.0
// A process that is stopped (SIGSTOP, Ctrl-Z) cannot act on a signal, so each signal is followed by CONT, as systemd,
// runit and s6 do it.
#include "supervisor/process_trees.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <map>

namespace tmplbuild::launch {

ProcessTrees::ProcessTrees(const PodView& pod, Own own, System system)
    : pod_(pod), own_(std::move(own)), system_(std::move(system)), seen_(pod.spec.services.size()) {}

void ProcessTrees::send(pid_t pid, int signal) const {
    system_.kill(pid, signal);
    if (signal != SIGKILL) system_.kill(pid, SIGCONT);
}

void ProcessTrees::new_process(std::size_t i) { seen_[i] = {}; }

const std::optional<ProcessTable>& ProcessTrees::processes(bool anew) {
    if (anew || !has_table_) table_ = system_.read();
    has_table_ = true;
    return table_;
}

// The process whose pid is the number of the service's group and session.
pid_t ProcessTrees::leader_of(std::size_t i) const {
    return std::max(pod_.state.services[i].pid, pod_.state.services[i].left);
}

std::optional<std::size_t> ProcessTrees::service_of(const Process& top) const {
    for (std::size_t i = 0; i < seen_.size(); ++i)
        if (pod_.state.services[i].pid == top.pid) return i;
    if (top.pid == pod_.state.foreground || own_.probes(top.pid) || own_.works(top.pid)) return std::nullopt;
    for (std::size_t i = 0; i < seen_.size(); ++i) {
        const pid_t leader = leader_of(i);
        if (leader > 1 && (top.group == leader || top.session == leader)) return i;
        if (!pod_.spec.services[i].logins && seen_[i].seen.contains(top.key())) return i;
    }
    const std::string name = system_.started_with(top.pid, service_variable);
    for (std::size_t i = 0; i < seen_.size() && !name.empty(); ++i)
        if (pod_.spec.services[i].name == name && !pod_.spec.services[i].logins) return i;
    return std::nullopt;
}

std::vector<Process> ProcessTrees::tree_of(std::size_t i, const ProcessTable& table) const {
    std::vector<Process> out;
    std::map<pid_t, bool> is_its_own;  // by the launcher's child from which it descends
    for (const Process& process : table.all()) {
        if (process.ended || process.pid == system_.self || process.pid == pod_.state.services[i].pid) continue;
        const Process* top = table.child_of(system_.self, process);
        if (top == nullptr) continue;
        if (pod_.spec.services[i].logins && process.session != leader_of(i)) continue;
        const auto known = is_its_own.find(top->pid);
        const bool own = known != is_its_own.end() ? known->second : service_of(*top) == i;
        is_its_own[top->pid] = own;
        if (own) out.push_back(process);
    }
    return out;
}

std::string ProcessTrees::left_of(std::size_t i, pid_t group) {
    const auto& table = processes();
    if (!table) return group > 1 && system_.kill(-group, 0) == 0 ? "others of its process group" : "";
    if (tree_of(i, *table).empty()) return {};
    const auto& now = processes(true);  // some may have ended since the table was read
    return now ? describe(tree_of(i, *now)) : std::string();
}

void ProcessTrees::signal_service(std::size_t i, int signal) {
    const pid_t pid = pod_.state.services[i].pid;
    if (pid <= 1) return;
    if (const auto& table = processes(); table && signal != SIGKILL)
        for (const Process& process : tree_of(i, *table)) {
            seen_[i].seen.insert(process.key());
            if (process.group == pid) seen_[i].told.insert(process.key());
        }
    seen_[i].group_told = true;
    // Until the process has begun its session, there is no group of that number.
    send(system_.kill(-pid, 0) != 0 && errno == ESRCH ? pid : -pid, signal);
}

void ProcessTrees::signal_left(std::size_t i, int signal) {
    Seen& seen = seen_[i];
    const auto& table = processes(true);
    const auto gone = [this, i] { pod_.happen({.kind = Event::Kind::left_gone, .service = i}); };
    if (!table) {
        const pid_t group = pod_.state.services[i].left;
        if (group <= 1 || system_.kill(-group, 0) != 0) return gone();
        if (signal == SIGKILL || (signal != 0 && !seen.group_told)) send(-group, signal);
        seen.group_told = true;
        return;
    }
    const std::vector<Process> left = tree_of(i, *table);
    if (left.empty()) return gone();
    for (const Process& process : left)
        if (signal != 0 && (seen.told.insert(process.key()).second || signal == SIGKILL)) send(process.pid, signal);
}

void ProcessTrees::signal_foreground(int signal) {
    const pid_t pid = pod_.state.foreground;
    if (pid <= 1) return;
    if (const auto& table = processes())
        for (const Process& process : table->all())
            if (process.group == pid) swept_.insert(process.key());
    send(-pid, signal);
}

// While services are being stopped, each service's processes get their signals with it; the foreground command has got
// its own.
bool ProcessTrees::is_told_already(const Process& top) const {
    if (top.pid == pod_.state.foreground) return true;
    const auto i = service_of(top);
    return i && (pod_.state.services[*i].pid != 0 || pod_.state.services[*i].left != 0);
}

void ProcessTrees::sweep(int signal) {
    const auto& table = processes(true);
    if (!table) return sweep_blindly(signal);
    const bool sweeping = pod_.state.mode == Mode::sweeping;
    bool any = false;
    for (const Process& process : table->all()) {
        if (process.ended || process.pid == system_.self || own_.keeps_log(process.pid)) continue;
        const Process* top = table->child_of(system_.self, process);
        if (top == nullptr ? system_.self != 1 : own_.keeps_log(top->pid) || (!sweeping && is_told_already(*top)))
            continue;
        any = true;
        if (signal != 0 && (swept_.insert(process.key()).second || signal == SIGKILL)) send(process.pid, signal);
    }
    if (sweeping && !any) pod_.happen({.kind = Event::Kind::no_children});
}

bool ProcessTrees::any_child() const {
    if (system_.has_children) return system_.has_children();
    siginfo_t info{};
    return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

// Without /proc the processes are not known. The log writer is ended first: wait() then tells whether any other child
// is left, so that nothing is waited for in vain.
void ProcessTrees::sweep_blindly(int signal) {
    if (system_.self == 1 && (signal == SIGKILL || (signal != 0 && !swept_blindly_)))
        send(-1, signal);  // kill(2): all but PID 1 itself
    swept_blindly_ = true;
    if (pod_.state.mode != Mode::sweeping) return;
    own_.end_log();
    if (!any_child()) pod_.happen({.kind = Event::Kind::no_children});
}

}  // namespace tmplbuild::launch
