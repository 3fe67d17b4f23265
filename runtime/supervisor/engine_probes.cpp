// SPDX-License-Identifier: Apache-2.0
// Whether a service is ready, or healthy: one attempt at a time. A yes on a port counts when it is this service that
// listens there.
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "supervisor/engine_class.hpp"

namespace tmplbuild::launch {

// Kept of what a probe's program prints: its last line says why it says no.
static constexpr std::size_t probe_text_limit = 1024;

void Engine::start_probe(std::size_t i) {
    const pod::Probe& probe = probe_in(spec_.services[i], state_.services[i]);
    if (probe.kind == pod::Probe::Kind::exec) return start_exec_probe(i);
    const std::uint16_t port = probe.port != 0 ? probe.port : spec_.services[i].bind_port();
    const bool http = probe.kind == pod::Probe::Kind::http;
    live_[i].net_probe =
        std::make_unique<NetProbe>(port, probe.http, http ? NetProbe::Want::status : NetProbe::Want::connection);
    if (live_[i].net_probe->fd() >= 0)
        poller_.watch(live_[i].net_probe->fd(), live_[i].net_probe->events(), [this, i] { on_probe_ready(i); });
    on_probe_ready(i);
}

void Engine::start_exec_probe(std::size_t i) {
    SpawnRequest request = request_of(i);
    request.argv = state_.services[i].was_ready ? live_[i].expanded.health : live_[i].expanded.probe;
    if (!spec_.services[i].user.empty())
        if (auto account = find_account(spec_.services[i].user))
            add_account(request, spec_.services[i], std::move(*account));
    auto spawned = spawn(request);
    if (!spawned) return answer_probe(i, false, "its probe: " + spawned.error().message);
    ExecProbe& probe = live_[i].exec_probe;
    probe = {.pid = spawned->pid, .report = spawned->report, .out = spawned->out, .err = spawned->err};
    poller_.watch(probe.out, EPOLLIN, [this, i] { read_exec_probe(i, live_[i].exec_probe.out); });
    poller_.watch(probe.err, EPOLLIN, [this, i] { read_exec_probe(i, live_[i].exec_probe.err); });
}

// Its output is read, whatever it is, so that it never waits for a reader nor dies for the lack of one.
void Engine::read_exec_probe(std::size_t i, int& fd) {
    std::array<char, 4096> part{};
    const ssize_t got = ::read(fd, part.data(), part.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        poller_.forget(fd);
        ::close(fd);
        fd = -1;
        return;
    }
    ExecProbe& probe = live_[i].exec_probe;
    std::string& text = &fd == &probe.err ? probe.errors : probe.printed;
    text.append(part.data(), static_cast<std::size_t>(got));
    if (text.size() > probe_text_limit) text.erase(0, text.size() - probe_text_limit);
}

void Engine::close_exec_probe(std::size_t i) {
    ExecProbe& probe = live_[i].exec_probe;
    for (const int fd : {probe.report, probe.out, probe.err}) {
        if (fd < 0) continue;
        poller_.forget(fd);
        ::close(fd);
    }
    probe = {};
}

void Engine::on_exec_probe_exit(std::size_t i, int status) {
    constexpr int most_reads = 16;  // what a pipe holds, and no more: something may still write into it
    ExecProbe& probe = live_[i].exec_probe;
    for (int part = 0; part < most_reads && probe.out >= 0; ++part) read_exec_probe(i, probe.out);
    for (int part = 0; part < most_reads && probe.err >= 0; ++part) read_exec_probe(i, probe.err);
    std::array<char, 1024> not_started{};
    const ssize_t got = ::read(probe.report, not_started.data(), not_started.size());
    std::string said = last_line(probe.errors);
    if (said.empty()) said = last_line(probe.printed);
    std::string why = "its probe: " + describe_status(status) + (said.empty() ? "" : ", " + said);
    if (got > 0) why = "its probe: " + std::string(not_started.data(), static_cast<std::size_t>(got));
    close_exec_probe(i);
    answer_probe(i, status == 0, why);
}

void Engine::on_probe_ready(std::size_t i) {
    NetProbe* probe = live_[i].net_probe.get();
    if (probe == nullptr) return;
    const auto answer = probe->advance();
    if (!answer) return poller_.change(probe->fd(), probe->events());
    const std::string why = *answer ? foreign_listener(i) : probe->problem();
    answer_probe(i, why.empty(), why);
}

// The processes whose answer on the port counts: the service's own. Where its probe names another port than its own,
// any service of the pod may be meant.
std::vector<pid_t> Engine::answerers(std::size_t i, std::uint16_t port, const ProcessTable& table) const {
    std::vector<pid_t> out;
    for (std::size_t j = 0; j < live_.size(); ++j) {
        if (j != i && port == spec_.services[i].bind_port()) continue;
        if (state_.services[j].pid > 0) out.push_back(state_.services[j].pid);
        for (const Process& process : tree_of(j, table)) out.push_back(process.pid);
    }
    return out;
}

// After a yes: why it is not this service that answered; empty: it is, as far as can be told.
std::string Engine::foreign_listener(std::size_t i) {
    Live& live = live_[i];
    const pod::Probe& probe = probe_in(spec_.services[i], state_.services[i]);
    const std::uint16_t port = probe.port != 0 ? probe.port : spec_.services[i].bind_port();
    const auto inodes = listeners_on(port);
    if (!inodes || inodes->empty()) {
        say_unsure(i, port);
        return {};
    }
    if (*inodes == live.own_listeners) return {};
    if (*inodes == live.foreign_listeners) return live.foreign_words;
    const auto& table = processes(true);
    const Holds holds = table ? hold_any(answerers(i, port, *table), *inodes) : Holds::unknown;
    if (holds == Holds::unknown) say_unsure(i, port);
    if (holds != Holds::no) {
        live.own_listeners = *inodes;
        return {};
    }
    live.foreign_listeners = *inodes;
    live.foreign_words = "port " + std::to_string(port) + " is answered by " + name_holder(*table, *inodes) +
                         ", which is not of this service";
    return live.foreign_words;
}

std::string Engine::name_holder(const ProcessTable& table, const Inodes& inodes) const {
    for (const Process& process : table.all()) {
        if (process.pid == ::getpid() || hold_any({process.pid}, inodes) != Holds::yes) continue;
        const Process* top = table.child_of(::getpid(), process);
        const auto owner = top == nullptr ? std::nullopt : service_of(*top);
        return describe({process}) + (owner ? " of '" + spec_.services[*owner].name + "'" : "");
    }
    return "a process that cannot be seen from here";
}

void Engine::say_unsure(std::size_t i, std::uint16_t port) {
    if (live_[i].unsure_was_said) return;
    live_[i].unsure_was_said = true;
    say(spec_.services[i].name, "port " + std::to_string(port) +
                                    " answers; whether by this service cannot be told, since /proc does not show it");
}

void Engine::answer_probe(std::size_t i, bool ok, const std::string& why) {
    end_net_probe(i);
    happen({.kind = Event::Kind::probe_answered, .service = i, .ok = ok, .text = ok ? std::string() : why});
}

void Engine::end_net_probe(std::size_t i) {
    if (live_[i].net_probe && live_[i].net_probe->fd() >= 0) poller_.forget(live_[i].net_probe->fd());
    live_[i].net_probe.reset();
}

void Engine::cancel_probe(std::size_t i) {
    end_net_probe(i);
    const pid_t pid = live_[i].exec_probe.pid;
    if (pid > 1) {
        if (::kill(-pid, SIGKILL) != 0) ::kill(pid, SIGKILL);  // before it has begun its session it has no group yet
        cancelled_probes_.insert(pid);
    }
    close_exec_probe(i);
}

}  // namespace tmplbuild::launch
