// SPDX-License-Identifier: Apache-2.0
#include "supervisor/engine.hpp"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "supervisor/constraints.hpp"
#include "supervisor/engine_class.hpp"

namespace tmplbuild::launch {

static int random_jitter() {
    std::uint32_t value = 0;
    if (::getrandom(&value, sizeof value, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof value)) return 0;
    return static_cast<int>(value % 2001) - 1000;
}

Engine::Engine(pod::PodSpec spec, const EngineOptions& options)
    : spec_(std::move(spec)),
      options_(options),
      server_(poller_, {[this] { return status::write_snapshot(snapshot()); },
                        [this](const control::Request& request) { return read_log(request); },
                        [this](const control::Request& request) { return command(request); }}) {}

int Engine::run() {
    take_signals();
    choose_modes();
    lay_kernel_places();
    prepare_services();
    state_ = first_state(spec_);
    if (!options_.spec_problem.empty()) say("launcher", options_.spec_problem + "; only SSH runs");
    for (const std::string& note : spec_.notes) say("launcher", note);
    for (std::size_t i = 0; i < spec_.services.size(); ++i)
        if (state_.services[i].phase == Phase::failed)
            say(spec_.services[i].name, "failed: " + state_.services[i].reason);
    happen({.kind = Event::Kind::start});
    if (!options_.foreground.empty() && state_.mode == Mode::running) start_foreground();
    // Services first: nothing below is needed for one to start. What was said so far waits in memory.
    memory_.begin(given("TMPLBUILD_CGROUP"));
    if (memory_.fd() >= 0) poller_.watch(memory_.fd(), EPOLLIN, [this] { on_memory_kill(); });
    for (std::size_t i = 0; i < live_.size(); ++i) make_environment(i);
    log_.open_stdout();
    start_log_writer();
    open_control();
    while (state_.mode != Mode::over) {
        poller_.wait(next_due_of_all());
        has_table_ = false;
        table_.reset();
        const Time now = now_ms();
        if (now >= next_due(state_)) happen({.kind = Event::Kind::tick});
        if (now >= log_.next_due()) log_.tick(now);
        if (now >= server_.next_due()) server_.tick(now);
        show_bars(now);
    }
    finish_log();
    return code_;
}

void Engine::finish_log() {
    if (log_is_finished_) return;
    log_is_finished_ = true;
    for (std::size_t i = 0; i < live_.size(); ++i) drain(i);
    log_.finish(now_ms() + 300, last_write());
}

// Until when the log writer may still write: what is left of the whole stop, which a disk that works never needs.
Time Engine::last_write() const {
    const Time now = now_ms();
    return std::max(now + 100, std::min(now + 3'000, stop_by_));
}

Time Engine::next_due_of_all() const {
    Time due = std::min({next_due(state_), log_.next_due(), server_.next_due()});
    for (const Live& live : live_) due = std::min({due, live.out_lines.due(), live.err_lines.due()});
    for (const auto& [pid, helper] : helpers_) due = std::min(due, helper.lines.due());
    return due;
}

void Engine::take_signals() {
    sigset_t all;
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    signals_ = ::signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    poller_.watch(signals_, EPOLLIN, [this] { on_signals(); });
    if (::getpid() != 1) ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void Engine::start_log_writer() {
    WriterOptions writer;
    if (const std::string volume = given("TMPLBUILD_VOLUME"); !volume.empty()) writer.volume = volume;
    char host[256] = {};
    ::gethostname(host, sizeof host - 1);
    writer.pod.clear();
    for (const char c : given("RUNPOD_POD_ID").empty() ? std::string(host) : given("RUNPOD_POD_ID"))
        writer.pod += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' ? c : '_';
    if (writer.pod.empty()) writer.pod = "pod";
    writer.file_bytes = static_cast<std::uint64_t>(spec_.log_file_bytes);
    writer.files = static_cast<unsigned>(spec_.log_files);
    log_.start_writer(writer);
}

void Engine::happen(Event event) {
    event.now = now_ms();
    if (event.jitter == 0) event.jitter = random_jitter();
    Step step = transition(spec_, std::move(state_), event);
    state_ = std::move(step.state);
    if (state_.mode != Mode::running && stop_by_ == never) stop_by_ = event.now + spec_.stop_total_ms;
    for (const Action& action : step.actions) act(action);
    server_.changed();
}

void Engine::act(const Action& action) {
    const std::size_t i = action.service;
    switch (action.kind) {
        case Action::Kind::spawn:
            return start_service(i);
        case Action::Kind::signal_group:
            return signal_service(i, action.signal);
        case Action::Kind::signal_left:
            return signal_left(i, action.signal);
        case Action::Kind::signal_foreground:
            return signal_foreground(action.signal);
        case Action::Kind::probe:
            return start_probe(i);
        case Action::Kind::cancel_probe:
            return cancel_probe(i);
        case Action::Kind::sweep:
            return sweep(action.signal);
        case Action::Kind::say:
            return say(action.who.empty() ? spec_.services[i].name : action.who, action.text);
        case Action::Kind::leave:
            code_ = action.code;
            return;
        case Action::Kind::ask_gpu:
            return ask_gpu();
        case Action::Kind::kernel_task:
            return start_kernel_task(action.kernel);
        case Action::Kind::end_kernel_task:
            return end_kernel_task(action.kernel, action.signal);
        case Action::Kind::kernel_compile:
            return start_kernel_job(action.kernel);
        case Action::Kind::end_kernel_compile:
            return end_kernel_job(action.kernel);
        case Action::Kind::ask_idle:
            return ask_idle(i);
    }
}

void Engine::start_foreground() {
    SpawnRequest request;
    request.argv = options_.foreground;
    request.environment = options_.environment;
    set_constraints(spec_, request.environment);
    request.foreground = true;
    auto spawned = spawn(request);
    if (!spawned) {
        say("launcher", "the command: " + spawned.error().message);
        return happen({.kind = Event::Kind::foreground_exited, .status = 127 << 8});
    }
    happen({.kind = Event::Kind::foreground_started, .pid = spawned->pid});
    foreground_report_ = spawned->report;
    for (const int fd : {spawned->out, spawned->err}) ::close(fd);
}

void Engine::on_foreground_exit(int status) {
    std::array<char, 1024> text{};
    const ssize_t got = ::read(foreground_report_, text.data(), text.size());
    if (got > 0) say("launcher", "the command: " + std::string(text.data(), static_cast<std::size_t>(got)));
    ::close(foreground_report_);
    foreground_report_ = -1;
    happen({.kind = Event::Kind::foreground_exited, .status = status});
}

void Engine::on_signals() {
    signalfd_siginfo info{};
    while (::read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
        switch (info.ssi_signo) {
            case SIGCHLD:
                break;
            case SIGTERM:
                happen({.kind = Event::Kind::terminate});
                break;
            case SIGINT:
            case SIGQUIT:
            case SIGHUP:
                if (state_.foreground <= 1) {
                    happen({.kind = Event::Kind::terminate});
                    break;
                }
                [[fallthrough]];
            default:  // means nothing to a pod, but perhaps to the command that runs in it
                if (state_.foreground > 1) ::kill(-state_.foreground, static_cast<int>(info.ssi_signo));
        }
    }
    reap();
}

void Engine::reap() {
    for (;;) {
        // First looked at, then reaped: until then nobody else can have its pid, and its group can be killed by it.
        siginfo_t info{};
        const int found = ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
        if (found < 0 && errno == EINTR) continue;
        const pid_t pid = found < 0 ? -1 : info.si_pid;
        if (pid > 0) {
            if (owns_group(pid)) ::kill(-pid, SIGKILL);
            int status = 0;
            ::waitpid(pid, &status, WNOHANG);
            if (!log_.on_exit(pid)) on_exit(pid, status);
            continue;
        }
        return;
    }
}

// The launcher's own probes and helpers leave nothing behind; what a service leaves has its grace.
bool Engine::owns_group(pid_t pid) const {
    const auto probes = [pid](const Live& live) { return live.exec_probe.pid == pid; };
    return helpers_.contains(pid) || std::any_of(live_.begin(), live_.end(), probes);
}

void Engine::on_exit(pid_t pid, int status) {
    if (on_helper_exit(pid, status)) return;
    const bool by_kill = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    for (std::size_t i = 0; i < live_.size(); ++i) {
        if (state_.services[i].pid != pid) continue;
        const bool for_memory = memory_.on_exit(by_kill && !live_[i].dying, now_ms()) || (by_kill && live_[i].dying);
        live_[i].dying = false;
        drain(i);  // its last words come before the news of its end
        return happen({.kind = Event::Kind::exited,
                       .service = i,
                       .pid = pid,
                       .status = status,
                       .out_of_memory = for_memory,
                       .text = live_[i].not_started,
                       .more = left_of(i, pid)});
    }
    const bool for_memory = memory_.on_exit(by_kill, now_ms());
    if (pid == state_.foreground) return on_foreground_exit(status);
    for (std::size_t i = 0; i < live_.size(); ++i)
        if (live_[i].exec_probe.pid == pid) return on_exec_probe_exit(i, status);
    if (cancelled_probes_.erase(pid) == 0) ++orphans_;
    if (for_memory) say("launcher", "a process that is no service's own was killed for memory");
    happen({.kind = Event::Kind::stray_exited, .pid = pid});
}

// The counter has moved: which of the services' own processes is dying of it is seen now, however long that takes. Of a
// service's worker nothing is charged to anybody.
void Engine::on_memory_kill() {
    memory_.on_change(now_ms());
    const auto& table = processes(true);
    for (std::size_t i = 0; table && i < live_.size(); ++i) {
        const Process* process = state_.services[i].pid > 0 ? table->find(state_.services[i].pid) : nullptr;
        if (process != nullptr && process->dying && !live_[i].dying) live_[i].dying = memory_.charge(now_ms());
    }
}

int run_pod(pod::PodSpec spec, const EngineOptions& options) { return Engine(std::move(spec), options).run(); }

}  // namespace tmplbuild::launch
