// SPDX-License-Identifier: Apache-2.0
// Which process is whose: a service's are those that descend from its process, that are of its group or session, or
// that carry its name in the environment that they were started with. And signals to them. A process that is stopped
// (SIGSTOP, Ctrl-Z) cannot act on a signal, so CONT follows each, as systemd, runit and s6 send it.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "supervisor/engine_class.hpp"

namespace tmplbuild::launch {

static void send(pid_t pid, int signal) {
    ::kill(pid, signal);
    if (signal != SIGKILL) ::kill(pid, SIGCONT);
}

// `anew`: as it is now. Else as it was at any time since the loop woke up, which saves reading it for each of many.
const std::optional<ProcessTable>& Engine::processes(bool anew) {
    if (anew || !has_table_) table_ = ProcessTable::read();
    has_table_ = true;
    return table_;
}

// `top`: a child of the launcher.
std::optional<std::size_t> Engine::service_of(const Process& top) const {
    for (std::size_t i = 0; i < live_.size(); ++i) {
        if (state_.services[i].pid == top.pid) return i;
        if (live_[i].exec_probe.pid == top.pid) return std::nullopt;
    }
    if (top.pid == state_.foreground || helpers_.contains(top.pid) || log_.owns(top.pid)) return std::nullopt;
    for (std::size_t i = 0; i < live_.size(); ++i) {
        const pid_t leader = std::max(state_.services[i].pid, state_.services[i].left);
        if (leader > 1 && (top.group == leader || top.session == leader)) return i;
        if (!spec_.services[i].logins && live_[i].seen.contains(top.key())) return i;
    }
    const std::string name = started_with(top.pid, service_variable);
    for (std::size_t i = 0; i < live_.size() && !name.empty(); ++i)
        if (spec_.services[i].name == name && !spec_.services[i].logins) return i;
    return std::nullopt;
}

// Its processes but its own one. What people who logged in have started is theirs.
std::vector<Process> Engine::tree_of(std::size_t i, const ProcessTable& table) const {
    std::vector<Process> out;
    std::map<pid_t, bool> is_its_own;  // by the launcher's child that it descends from
    const pid_t self = ::getpid(), leader = std::max(state_.services[i].pid, state_.services[i].left);
    for (const Process& process : table.all()) {
        if (process.ended || process.pid == self || process.pid == state_.services[i].pid) continue;
        const Process* top = table.child_of(self, process);
        if (top == nullptr) continue;
        if (spec_.services[i].logins && process.session != leader) continue;
        const auto known = is_its_own.find(top->pid);
        const bool own = known != is_its_own.end() ? known->second : service_of(*top) == i;
        is_its_own[top->pid] = own;
        if (own) out.push_back(process);
    }
    return out;
}

// What of its tree runs without its process, for people; empty: nothing. `group`: that process's pid, 0: of a life
// before.
std::string Engine::left_of(std::size_t i, pid_t group) {
    const auto& table = processes();
    if (!table) return group > 1 && ::kill(-group, 0) == 0 ? "others of its process group" : "";
    if (tree_of(i, *table).empty()) return {};
    const auto& now = processes(true);  // some may have ended since the table was read
    return now ? describe(tree_of(i, *now)) : std::string();
}

void Engine::signal_service(std::size_t i, int signal) {
    const pid_t pid = state_.services[i].pid;
    if (pid <= 1) return;
    Live& live = live_[i];
    if (const auto& table = processes(); table && signal != SIGKILL)
        for (const Process& process : tree_of(i, *table)) {
            live.seen.insert(process.key());
            if (process.group == pid) live.told.insert(process.key());
        }
    live.group_told = true;
    // Before it has begun its session it has no group yet.
    send(::kill(-pid, 0) != 0 && errno == ESRCH ? pid : -pid, signal);
}

void Engine::signal_left(std::size_t i, int signal) {
    Live& live = live_[i];
    const auto& table = processes(true);
    const auto gone = [this, i] { happen({.kind = Event::Kind::left_gone, .service = i}); };
    if (!table) {
        const pid_t group = state_.services[i].left;
        if (group <= 1 || ::kill(-group, 0) != 0) return gone();
        if (signal == SIGKILL || (signal != 0 && !live.group_told)) send(-group, signal);
        live.group_told = true;
        return;
    }
    const std::vector<Process> left = tree_of(i, *table);
    if (left.empty()) return gone();
    for (const Process& process : left)
        if (signal != 0 && (live.told.insert(process.key()).second || signal == SIGKILL)) send(process.pid, signal);
}

void Engine::signal_foreground(int signal) {
    const pid_t pid = state_.foreground;
    if (pid <= 1) return;
    if (const auto& table = processes())
        for (const Process& process : table->all())
            if (process.group == pid) swept_.insert(process.key());
    send(-pid, signal);
}

// While services are stopped, each of them sees to its own processes; the foreground command has had its signal.
bool Engine::is_told_already(const Process& top) const {
    if (top.pid == state_.foreground) return true;
    const auto i = service_of(top);
    return i && (state_.services[*i].pid != 0 || state_.services[*i].left != 0);
}

// PID 1 ends everything in the container, also what another's `exec` has started; elsewhere, what descends from us.
void Engine::sweep(int signal) {
    const auto& table = processes(true);
    if (!table) return sweep_blindly(signal);
    const pid_t self = ::getpid();
    const bool sweeping = state_.mode == Mode::sweeping;
    bool any = false;
    for (const Process& process : table->all()) {
        if (process.ended || process.pid == self || log_.owns(process.pid)) continue;
        const Process* top = table->child_of(self, process);
        if (top == nullptr ? self != 1 : log_.owns(top->pid) || (!sweeping && is_told_already(*top))) continue;
        any = true;
        if (signal != 0 && (swept_.insert(process.key()).second || signal == SIGKILL)) send(process.pid, signal);
    }
    if (sweeping && !any) happen({.kind = Event::Kind::no_children});
}

// Without /proc nobody knows who is there. The log writer is ended first: whether any other child is left is then known
// by wait(), and nothing has to be waited for in vain.
void Engine::sweep_blindly(int signal) {
    if (::getpid() == 1 && (signal == SIGKILL || (signal != 0 && !swept_blindly_)))
        send(-1, signal);  // kill(2): all but PID 1 itself
    swept_blindly_ = true;
    if (state_.mode != Mode::sweeping) return;
    finish_log();
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD)
        happen({.kind = Event::Kind::no_children});
}

}  // namespace tmplbuild::launch
