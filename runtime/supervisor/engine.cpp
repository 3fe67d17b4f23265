// SPDX-License-Identifier: Apache-2.0
#include "supervisor/engine.hpp"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "control/address.hpp"
#include "podspec/start_words.hpp"
#include "supervisor/engine_class.hpp"
#include "supervisor/environment.hpp"
#include "supervisor/prepare_pod.hpp"

namespace tmplbuild::launch {

static int random_jitter() {
    std::uint32_t value = 0;
    if (::getrandom(&value, sizeof value, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof value)) return 0;
    return static_cast<int>(value % 2001) - 1000;
}

Engine::Engine(pod::PodSpec spec, const EngineOptions& options)
    : spec_(std::move(spec)),
      options_(options),
      pod_{spec_, state_, [this](Event event) {
    happen(std::move(event)); },
           [this](const std::string& who, const std::string& text) {
    announcer_.say(who, text); }},
      helpers_(poller_, log_, options.environment, pod_.now),
      trees_(pod_,
             {.works = [this](pid_t pid) {
    return helpers_.owns(pid) || log_.owns(pid); },
              .probes = [this](pid_t pid) {
    return probes_.owns(pid); },
              .keeps_log = [this](pid_t pid) {
    return log_.owns(pid); },
              .end_log = [this] {
    finish_log(); }},
             {}),
      memory_(pod_, trees_),
      ports_(pod_, trees_, {}),
      services_(pod_, poller_, log_, options.environment,
                [this](std::size_t i) {
    trees_.new_process(i);
    memory_.new_process(i);
    ports_.new_process(i);
                }),
      probes_(pod_, poller_,
              {.program = [this](std::size_t i) {
    return services_.probe_request(i); },
               .why_foreign = [this](std::size_t i, std::uint16_t port) {
    return ports_.why_not(i, port); }}),
      idle_probes_(pod_, poller_),
      kernels_(pod_, helpers_, options.environment,
               {.environment = [this](std::size_t i) -> const auto& { return services_.environment(i);
}  // namespace tmplbuild::launch
, .program = [this](std::size_t i) -> const auto& { return services_.program(i); }
, .killed_for_memory = [this](bool failed) { return memory_.other_ended(failed); }
}),
      foreground_(pod_),
      control_(pod_, poller_, log_, announcer_, options.spec_problem,
               {.left_of = [this](std::size_t i) {
    return trees_.left_of(i, 0); },
                .orphans = [this] {
    return orphans_; }}) {
    announcer_.on_change = [this] { control_.changed(); };
}

std::string Engine::given(std::string_view variable) const { return value_in(options_.environment, variable); }

int Engine::run() {
    take_signals();
    prepare();
    happen({.kind = Event::Kind::start});
    if (!options_.foreground.empty() && state_.mode == Mode::running)
        foreground_.start(options_.foreground, options_.environment);
    // Services first, since none of the rest is needed for a service to start. Messages wait in memory until then.
    memory_.begin(poller_, given("TMPLBUILD_CGROUP"));
    for (std::size_t i = 0; i < spec_.services.size(); ++i) services_.make_environment(i);
    open_ways_out();
    while (state_.mode != Mode::over) turn();
    finish_log();
    return code_;
}

void Engine::prepare() {
    choose_modes(spec_, options_.environment);
    lay_kernel_places(spec_);
    // The folder is there before the first service, since the console and the gateway have sockets in it.
    services_.prepare(expand_services(spec_, options_.spec_file),
                      control::first_run_folder(given("TMPLBUILD_RUN_DIR")));
    state_ = first_state(spec_);
    if (!options_.spec_problem.empty()) announcer_.say("launcher", options_.spec_problem + "; only SSH runs");
    for (const std::string& note : spec_.notes) announcer_.say("launcher", note);
    for (std::size_t i = 0; i < spec_.services.size(); ++i)
        if (state_.services[i].phase == Phase::failed)
            announcer_.say(spec_.services[i].name, pod::failed_since + state_.services[i].reason);
}

// Opens stdout, the log files and the control socket.
void Engine::open_ways_out() {
    char host[256] = {};
    ::gethostname(host, sizeof host - 1);
    log_.open_stdout();
    log_.start_writer(log_writer_options(spec_, options_.environment, host));
    control_.open(given("TMPLBUILD_RUN_DIR"));
}

void Engine::turn() {
    poller_.wait(wake_at());
    trees_.new_turn();
    const Time now = now_ms();
    if (now >= next_due(state_)) happen({.kind = Event::Kind::tick});
    if (now >= log_.next_due()) log_.tick(now);
    if (now >= control_.next_due()) control_.tick(now);
    services_.tick(now);
    helpers_.tick(now);
}

Time Engine::wake_at() const {
    return std::min(
        {next_due(state_), log_.next_due(), control_.next_due(), services_.next_due(), helpers_.next_due()});
}

// The log writer may use what is left of the time for the whole stop; a working disk never needs that long.
void Engine::finish_log() {
    if (log_is_finished_) return;
    log_is_finished_ = true;
    for (std::size_t i = 0; i < spec_.services.size(); ++i) services_.drain(i);
    const Time now = now_ms();
    log_.finish(now + 300, std::max(now + 100, std::min(now + 3'000, stop_by_)));
}

void Engine::take_signals() {
    sigset_t all;
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    signals_ = ::signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    poller_.watch(signals_, EPOLLIN, [this] { on_signals(); });
    if (::getpid() != 1) ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void Engine::happen(Event event) {
    event.now = now_ms();
    if (event.jitter == 0) event.jitter = random_jitter();
    Step step = transition(spec_, std::move(state_), event);
    state_ = std::move(step.state);
    if (state_.mode != Mode::running && stop_by_ == never) stop_by_ = event.now + spec_.stop_total_ms;
    for (const Action& action : step.actions) act(action);
    control_.changed();
}

void Engine::act(const Action& action) {
    const std::size_t i = action.service;
    switch (action.kind) {
        case Action::Kind::spawn:
            return services_.start(i);
        case Action::Kind::signal_group:
            return trees_.signal_service(i, action.signal);
        case Action::Kind::signal_left:
            return trees_.signal_left(i, action.signal);
        case Action::Kind::signal_foreground:
            return trees_.signal_foreground(action.signal);
        case Action::Kind::probe:
            return probes_.start(i);
        case Action::Kind::cancel_probe:
            return probes_.cancel(i);
        case Action::Kind::sweep:
            return trees_.sweep(action.signal);
        case Action::Kind::say:
            return announcer_.say(action.who.empty() ? spec_.services[i].name : action.who, action.text);
        case Action::Kind::leave:
            code_ = action.code;
            return;
        case Action::Kind::ask_gpu:
            return kernels_.ask_gpu();
        case Action::Kind::kernel_task:
            return kernels_.start_task(action.kernel);
        case Action::Kind::end_kernel_task:
            return kernels_.end_task(action.kernel, action.signal);
        case Action::Kind::kernel_compile:
            return kernels_.start_job(action.kernel);
        case Action::Kind::end_kernel_compile:
            return kernels_.end_job(action.kernel);
        case Action::Kind::ask_idle:
            return idle_probes_.ask(i);
    }
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
            default:  // these signals mean nothing to a pod, but the foreground command may use them
                if (state_.foreground > 1) ::kill(-state_.foreground, static_cast<int>(info.ssi_signo));
        }
    }
    reap();
}

void Engine::reap() {
    for (;;) {
        // The ended process is examined before it is reaped: until then, no other process can get its pid, and its
        // group can be killed by that number.
        siginfo_t info{};
        const int found = ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
        if (found < 0 && errno == EINTR) continue;
        const pid_t pid = found < 0 ? -1 : info.si_pid;
        if (pid <= 0) return;
        // The launcher's own probes and helpers must leave nothing behind; what a service leaves running gets its
        // grace.
        if (helpers_.owns(pid) || probes_.owns(pid)) ::kill(-pid, SIGKILL);
        int status = 0;
        ::waitpid(pid, &status, WNOHANG);
        if (!log_.on_exit(pid)) on_exit(pid, status);
    }
}

void Engine::on_exit(pid_t pid, int status) {
    if (helpers_.on_exit(pid, status)) return;
    const bool by_kill = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    for (std::size_t i = 0; i < spec_.services.size(); ++i) {
        if (state_.services[i].pid != pid) continue;
        const bool for_memory = memory_.ended(i, by_kill);
        services_.drain(i);  // its last output is read before its end is reported
        return happen({.kind = Event::Kind::exited,
                       .service = i,
                       .pid = pid,
                       .status = status,
                       .out_of_memory = for_memory,
                       .text = services_.not_started(i),
                       .more = trees_.left_of(i, pid)});
    }
    const bool for_memory = memory_.other_ended(by_kill);
    if (pid == state_.foreground) return foreground_.on_exit(status);
    if (probes_.on_exit(pid, status)) return;
    if (!probes_.take_cancelled(pid)) ++orphans_;
    if (for_memory) announcer_.say("launcher", "a process that is no service's own was killed for memory");
    happen({.kind = Event::Kind::stray_exited, .pid = pid});
}

int run_pod(pod::PodSpec spec, const EngineOptions& options) { return Engine(std::move(spec), options).run(); }

}  // namespace tmplbuild::launch
