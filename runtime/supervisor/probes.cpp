// SPDX-License-Identifier: Apache-2.0
#include "supervisor/probes.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "supervisor/helpers.hpp"

namespace tmplbuild::launch {

// Bytes that are kept of a probe program's output: its last line says why it failed.
static constexpr std::size_t program_text_limit = 1024;

Probes::~Probes() {
    for (std::size_t i = 0; i < live_.size(); ++i) {
        end_net(i);
        close_program(i);
    }
}

std::uint16_t Probes::port_of(std::size_t i) const {
    const pod::Probe& probe = probe_in(pod_.spec.services[i], pod_.state.services[i]);
    return probe.port != 0 ? probe.port : pod_.spec.services[i].bind_port();
}

void Probes::start(std::size_t i) {
    const pod::Probe& probe = probe_in(pod_.spec.services[i], pod_.state.services[i]);
    if (probe.kind == pod::Probe::Kind::exec) return start_program(i);
    const bool http = probe.kind == pod::Probe::Kind::http;
    auto& net = live_[i].net =
        std::make_unique<NetProbe>(port_of(i), probe.http, http ? NetProbe::Want::status : NetProbe::Want::connection);
    if (net->fd() >= 0) poller_.watch(net->fd(), net->events(), [this, i] { go_on(i); });
    go_on(i);
}

void Probes::start_program(std::size_t i) {
    auto spawned = spawn(asks_.program(i));
    if (!spawned) return answer(i, false, "its probe: " + spawned.error().message);
    Program& program = live_[i].program;
    program = {.pid = spawned->pid, .report = spawned->report, .out = spawned->out, .err = spawned->err};
    poller_.watch(program.out, EPOLLIN, [this, i] { read_program(i, live_[i].program.out); });
    poller_.watch(program.err, EPOLLIN, [this, i] { read_program(i, live_[i].program.err); });
}

// The output is always read, so that the program never blocks on a full pipe nor dies of a closed one.
void Probes::read_program(std::size_t i, int& fd) {
    std::array<char, 4096> part{};
    const ssize_t got = ::read(fd, part.data(), part.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        poller_.forget(fd);
        ::close(fd);
        fd = -1;
        return;
    }
    Program& program = live_[i].program;
    std::string& text = &fd == &program.err ? program.errors : program.printed;
    text.append(part.data(), static_cast<std::size_t>(got));
    if (text.size() > program_text_limit) text.erase(0, text.size() - program_text_limit);
}

void Probes::close_program(std::size_t i) {
    Program& program = live_[i].program;
    for (const int fd : {program.report, program.out, program.err}) {
        if (fd < 0) continue;
        poller_.forget(fd);
        ::close(fd);
    }
    program = {};
}

bool Probes::owns(pid_t pid) const {
    return std::any_of(live_.begin(), live_.end(), [pid](const Live& live) { return live.program.pid == pid; });
}

bool Probes::on_exit(pid_t pid, int status) {
    constexpr int most_reads = 16;  // as much as a pipe holds, since another process may go on writing into it
    const auto found =
        std::find_if(live_.begin(), live_.end(), [pid](const Live& live) { return live.program.pid == pid; });
    if (found == live_.end()) return false;
    const auto i = static_cast<std::size_t>(found - live_.begin());
    Program& program = found->program;
    for (int part = 0; part < most_reads && program.out >= 0; ++part) read_program(i, program.out);
    for (int part = 0; part < most_reads && program.err >= 0; ++part) read_program(i, program.err);
    std::array<char, 1024> not_started{};
    const ssize_t got = ::read(program.report, not_started.data(), not_started.size());
    std::string said = last_line(program.errors);
    if (said.empty()) said = last_line(program.printed);
    std::string why = "its probe: " + describe_status(status) + (said.empty() ? "" : ", " + said);
    if (got > 0) why = "its probe: " + std::string(not_started.data(), static_cast<std::size_t>(got));
    close_program(i);
    answer(i, status == 0, why);
    return true;
}

void Probes::go_on(std::size_t i) {
    NetProbe* probe = live_[i].net.get();
    if (probe == nullptr) return;
    const auto yes = probe->advance();
    if (!yes) return poller_.change(probe->fd(), probe->events());
    const std::string why = *yes ? asks_.why_foreign(i, port_of(i)) : probe->problem();
    answer(i, why.empty(), why);
}

void Probes::answer(std::size_t i, bool ok, const std::string& why) {
    end_net(i);
    pod_.happen({.kind = Event::Kind::probe_answered, .service = i, .ok = ok, .text = ok ? std::string() : why});
}

void Probes::end_net(std::size_t i) {
    if (live_[i].net && live_[i].net->fd() >= 0) poller_.forget(live_[i].net->fd());
    live_[i].net.reset();
}

void Probes::cancel(std::size_t i) {
    end_net(i);
    const pid_t pid = live_[i].program.pid;
    if (pid > 1) {
        // Until the program has begun its session, there is no group of that number.
        if (::kill(-pid, SIGKILL) != 0) ::kill(pid, SIGKILL);
        cancelled_.insert(pid);
    }
    close_program(i);
}

}  // namespace tmplbuild::launch
