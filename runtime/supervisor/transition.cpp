// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <functional>

#include "podspec/names.hpp"
#include "supervisor/kernel_steps.hpp"
#include "supervisor/model.hpp"

namespace tmplbuild::launch {

namespace {

// Kept free at the end of the whole stop, for the kernel to end what was killed and for the sweep.
constexpr Time reserve_ms = 500;
constexpr Time sweep_grace_ms = 300;

class Transition {
  public:
    Transition(const pod::PodSpec& spec, PodState state, Time now) : spec_(spec), now_(now) {
        step_.state = std::move(state);
    }
    Step run(const Event& event) {
        if (state().mode != Mode::over) {
            kernels_.handle(event);
            handle(event);
            settle();
            if (event.kind == Event::Kind::start) kernels_.services_started();
        }
        return std::move(step_);
    }

  private:
    PodState& state() { return step_.state; }
    ServiceState& at(std::size_t i) { return state().services[i]; }
    bool alive(std::size_t i) { return at(i).pid != 0 || at(i).spawning; }
    void act(Action action) { step_.actions.push_back(std::move(action)); }
    void enter(std::size_t i, Phase phase, std::string reason = {}) {
        at(i).phase = phase;
        at(i).since = now_;
        at(i).reason = std::move(reason);
    }
    void say(std::size_t i, std::string text) {
        act({.kind = Action::Kind::say, .service = i, .text = std::move(text)});
    }
    void end_probing(std::size_t i) {
        if (at(i).probing) act({.kind = Action::Kind::cancel_probe, .service = i});
        at(i).probing = false;
        at(i).probe_due = at(i).ready_by = never;
    }
    void signal_group(std::size_t i, int number) {
        if (at(i).pid != 0) act({.kind = Action::Kind::signal_group, .service = i, .signal = number});
    }

    void handle(const Event& event);
    void on_running(std::size_t i);
    void on_ready(std::size_t i);
    void on_exit(std::size_t i, bool ok, const std::string& why, int jitter);
    void on_end_without_order(std::size_t i, bool ok, const std::string& why, int jitter);
    void on_probe_answer(std::size_t i, bool ok);
    void on_health(std::size_t i, bool ok);
    void on_tick();
    void on_command(std::size_t i, bool again, const char* why);
    void fail(std::size_t i, const std::string& why);
    void stop_service(std::size_t i);
    void begin_stop(int code);
    void kill_all();
    void settle();
    void start_what_can();
    void stop_what_can();

    const pod::PodSpec& spec_;
    Time now_;
    Step step_;
    KernelSteps kernels_{spec_, step_.state, now_, step_.actions};
};

std::string describe_end(const Event& event) {
    if (event.out_of_memory) return "killed for memory (signal 9)";
    return event.text.empty() ? describe_status(event.status) : event.text;
}

void Transition::handle(const Event& event) {
    using Kind = Event::Kind;
    const std::size_t i = event.service;
    const bool names_service = event.kind != Kind::start && event.kind != Kind::tick && event.kind != Kind::terminate &&
                               event.kind != Kind::foreground_started && event.kind != Kind::foreground_exited &&
                               event.kind != Kind::stray_exited && event.kind != Kind::no_children;
    if (names_service && i >= state().services.size()) return;
    switch (event.kind) {
        case Kind::start:
            return;
        case Kind::tick:
            return on_tick();
        case Kind::spawned:
            if (!at(i).spawning) return;
            at(i).spawning = false;
            at(i).pid = event.pid;
            if (at(i).phase == Phase::stopping) stop_service(i);  // asked for before there was a process
            return;
        case Kind::executed:
            return on_running(i);
        case Kind::spawn_failed:
            if (at(i).spawning) on_exit(i, false, event.text, event.jitter);
            return;
        case Kind::exited:
            if (at(i).pid == 0) return;
            if (event.out_of_memory) ++at(i).memory_kills;
            return on_exit(i, WIFEXITED(event.status) && WEXITSTATUS(event.status) == 0, describe_end(event),
                           event.jitter);
        case Kind::probe_answered:
            return on_probe_answer(i, event.ok);
        case Kind::log_matched:
            if (spec_.services[i].ready.kind == pod::Probe::Kind::log) on_ready(i);
            return;
        case Kind::terminate:
            if (state().mode == Mode::running) return begin_stop(state().exit_code);
            return kill_all();
        case Kind::foreground_started:
            state().foreground = event.pid;
            return;
        case Kind::foreground_exited:
            state().foreground = 0;
            state().exit_code = exit_code_of(event.status);
            if (state().mode == Mode::running) begin_stop(state().exit_code);
            return;
        case Kind::stray_exited:
            if (state().mode == Mode::sweeping && state().killed)
                act({.kind = Action::Kind::sweep, .signal = SIGKILL});  // its own children are ours now
            return;
        case Kind::no_children:
            if (state().mode == Mode::sweeping) state().give_up_at = now_;
            return;
        case Kind::stop_service:
            return on_command(i, false, "stopped by a person");
        case Kind::restart_service:
            return on_command(i, true, "restarted by a person");
        case Kind::gpu_answered:
        case Kind::kernel_done:
        case Kind::kernel_compiled:
        case Kind::kernel_progress:
        case Kind::kernel_retry:
        case Kind::kernel_off:
        case Kind::service_degraded:
        case Kind::idle_answered:
            return;  // the kernels' half has handled it
    }
}

// The program was executed. A service without a probe is ready now; one that may not have it yet is asked at once.
void Transition::on_running(std::size_t i) {
    auto& s = at(i);
    if (s.pid == 0 || s.phase != Phase::starting) return;
    const auto& probe = spec_.services[i].ready;
    if (spec_.services[i].oneshot) return enter(i, Phase::running);
    if (probe.kind == pod::Probe::Kind::none) return on_ready(i);
    if (probe.deadline_ms > 0) s.ready_by = now_ + probe.deadline_ms;
    if (probe.kind != pod::Probe::Kind::log) s.probe_due = now_;
}

void Transition::on_ready(std::size_t i) {
    auto& s = at(i);
    if (s.pid == 0 || s.was_ready || (s.phase != Phase::starting && s.phase != Phase::unhealthy)) return;
    end_probing(i);
    enter(i, Phase::ready);
    s.satisfied = s.was_ready = true;
    s.noes = 0;
    const auto& health = spec_.services[i].health;
    if (health.kind != pod::Probe::Kind::none) s.probe_due = now_ + health.interval_ms;
    say(i, "ready after " + std::to_string(now_ - at(i).started) + " ms");
    kernels_.is_ready(i);
}

void Transition::on_probe_answer(std::size_t i, bool ok) {
    auto& s = at(i);
    if (!s.probing) return;
    s.probing = false;
    s.probe_due = now_ + probe_in(spec_.services[i], s).interval_ms;
    if (s.was_ready) return on_health(i, ok);
    if (ok) on_ready(i);
}

void Transition::on_health(std::size_t i, bool ok) {
    auto& s = at(i);
    s.noes = ok ? 0 : s.noes + 1;
    if (ok && s.phase == Phase::unhealthy) {
        enter(i, Phase::ready);
        s.satisfied = true;
        say(i, "healthy again");
    }
    if (s.phase != Phase::ready || s.noes < spec_.services[i].health_failures) return;
    enter(i, Phase::unhealthy, "its health probe said no " + std::to_string(s.noes) + " times in a row");
    s.satisfied = false;
    say(i, "unhealthy: " + s.reason);
}

void Transition::on_exit(std::size_t i, bool ok, const std::string& why, int jitter) {
    auto& s = at(i);
    s.pid = 0;
    s.spawning = false;
    s.due = never;
    s.satisfied = s.was_ready = false;
    end_probing(i);
    const bool ordered = s.phase == Phase::stopping;
    kernels_.ended(i, ordered || state().mode != Mode::running);
    if (state().mode != Mode::running || (ordered && !s.start_again)) return enter(i, Phase::stopped, why);
    if (!ordered) return on_end_without_order(i, ok, why, jitter);
    s.start_again = false;
    s.failures = 0;
    enter(i, Phase::waiting, s.reason);
}

void Transition::on_end_without_order(std::size_t i, bool ok, const std::string& why, int jitter) {
    auto& s = at(i);
    const auto& service = spec_.services[i];
    const auto& restart = service.restart;
    if (ok && (service.oneshot || restart.policy != pod::Restart::Policy::always)) {
        enter(i, Phase::done, why);
        s.satisfied = service.oneshot;
        return say(i, service.oneshot ? "done" : "ended with exit code 0");
    }
    if (restart.policy == pod::Restart::Policy::never) return fail(i, why);
    if (now_ - s.started >= restart.stable_ms) s.failures = 0;
    ++s.failures;
    if (restart.budget > 0 && s.failures > restart.budget)
        return fail(i, why + "; its " + std::to_string(restart.budget) + " restarts are used up");
    const Time pause = backoff_pause(restart, s.failures, jitter);
    enter(i, Phase::backoff, why);
    s.due = now_ + pause;
    say(i, why + ", started again in " + std::to_string(pause) + " ms");
}

void Transition::fail(std::size_t i, const std::string& why) {
    enter(i, Phase::failed, why);
    say(i, "failed: " + why);
    if (!spec_.services[i].critical) return;
    say(i, "it is critical, so the pod ends with code " + std::to_string(exit_critical));
    begin_stop(exit_critical);
}

void Transition::stop_service(std::size_t i) {
    end_probing(i);
    enter(i, Phase::stopping, at(i).reason);
    at(i).satisfied = false;
    const Time grace = spec_.services[i].stop_grace_ms;
    at(i).due = std::min(now_ + grace, state().kill_at);
    signal_group(i, pod::signal_number(spec_.services[i].stop_signal).value_or(SIGTERM));
}

void Transition::on_command(std::size_t i, bool again, const char* why) {
    auto& s = at(i);
    if (state().mode != Mode::running || !spec_.services[i].unusable.empty()) return;
    s.start_again = again && alive(i);
    if (s.phase == Phase::stopping) return;
    if (alive(i)) {
        s.reason = why;
        return stop_service(i);
    }
    s.due = never;
    s.failures = 0;
    s.satisfied = s.satisfied && !again;
    enter(i, again ? Phase::waiting : Phase::stopped, why);
}

void Transition::on_tick() {
    for (std::size_t i = 0; i < state().services.size(); ++i) {
        auto& s = at(i);
        if (s.phase == Phase::stopping && now_ >= s.due) {
            s.due = never;
            if (s.pid != 0) say(i, "did not stop within its grace; killed");
            signal_group(i, SIGKILL);
        }
        if (s.phase == Phase::backoff && now_ >= s.due) {
            s.due = never;
            enter(i, Phase::waiting);
        }
        if (now_ >= s.ready_by) {
            s.ready_by = never;
            enter(i, Phase::unhealthy, "not ready after " + std::to_string(now_ - s.started) + " ms");
            say(i, s.reason);
        }
        if (now_ < s.probe_due) continue;
        act({.kind = s.probing ? Action::Kind::cancel_probe : Action::Kind::probe, .service = i});
        if (s.probing) {
            on_probe_answer(i, false);
            continue;
        }
        s.probing = true;
        s.probe_due = now_ + probe_in(spec_.services[i], s).timeout_ms;
    }
    kernels_.tick();
    if (state().mode != Mode::running && now_ >= state().kill_at) kill_all();
}

void Transition::begin_stop(int code) {
    if (state().mode != Mode::running) return;
    state().mode = Mode::stopping;
    state().exit_code = code;
    state().give_up_at = now_ + spec_.stop_total_ms;
    state().kill_at = state().give_up_at - std::min(reserve_ms, spec_.stop_total_ms / 2);
    if (state().foreground != 0) act({.kind = Action::Kind::signal_foreground, .signal = SIGTERM});
    kernels_.stop();
    for (std::size_t i = 0; i < state().services.size(); ++i) {
        auto& s = at(i);
        s.start_again = false;
        if (s.phase == Phase::stopping) s.due = std::min(s.due, state().kill_at);
        if (alive(i) || s.phase == Phase::failed || s.phase == Phase::done) continue;
        s.due = never;
        enter(i, Phase::stopped, s.reason);
    }
}

void Transition::kill_all() {
    state().kill_at = never;
    state().killed = true;
    if (state().foreground != 0) act({.kind = Action::Kind::signal_foreground, .signal = SIGKILL});
    for (std::size_t i = 0; i < state().services.size(); ++i) {
        if (at(i).pid == 0) continue;
        end_probing(i);
        if (at(i).phase != Phase::stopping) enter(i, Phase::stopping, at(i).reason);
        at(i).due = never;
        signal_group(i, SIGKILL);
    }
    if (state().mode == Mode::sweeping) act({.kind = Action::Kind::sweep, .signal = SIGKILL});
}

void Transition::settle() {
    if (state().mode == Mode::running) {
        for (const std::size_t i : kernels_.restarts()) on_command(i, true, "restarted for its kernel");
        return start_what_can();
    }
    stop_what_can();
    bool any = state().foreground != 0;
    for (std::size_t i = 0; i < state().services.size(); ++i) any = any || alive(i);
    if (!any && state().mode == Mode::stopping) {
        state().mode = Mode::sweeping;
        act({.kind = Action::Kind::sweep, .signal = state().killed ? SIGKILL : SIGTERM});
        if (!state().killed) state().kill_at = std::min(state().kill_at, now_ + sweep_grace_ms);
    }
    if (now_ < state().give_up_at) return;
    state().mode = Mode::over;
    act({.kind = Action::Kind::leave, .code = state().exit_code});
}

void Transition::start_what_can() {
    for (std::size_t i = 0; i < state().services.size(); ++i) {
        auto& s = at(i);
        if (s.phase != Phase::waiting || alive(i)) continue;
        std::string missing;
        for (const auto& need : spec_.services[i].needs)
            for (std::size_t j = 0; j < state().services.size(); ++j)
                if (spec_.services[j].name == need && !at(j).satisfied && missing.empty())
                    missing = "needs " + need + ", which is " + to_string(at(j).phase);
        const bool may = missing.empty() && kernels_.may_start(i, missing);
        s.reason = missing;
        if (!may) continue;
        enter(i, Phase::starting);
        kernels_.starts(i);
        s.started = now_;
        s.spawning = true;
        if (s.starts++ > 0) ++s.restarts;
        act({.kind = Action::Kind::spawn, .service = i});
    }
}

// A service is told to stop when nothing that needs it is left: the reverse of the order of starting.
void Transition::stop_what_can() {
    if (state().mode != Mode::stopping) return;
    for (std::size_t i = 0; i < state().services.size(); ++i) {
        if (at(i).pid == 0 || at(i).phase == Phase::stopping) continue;
        bool needed = false;
        for (std::size_t j = 0; j < state().services.size(); ++j)
            if (alive(j))
                for (const auto& need : spec_.services[j].needs) needed = needed || need == spec_.services[i].name;
        if (needed) continue;
        if (!state().killed)
            stop_service(i);
        else {
            enter(i, Phase::stopping);
            signal_group(i, SIGKILL);
        }
    }
}

}  // namespace

Step transition(const pod::PodSpec& spec, PodState state, const Event& event) {
    return Transition(spec, std::move(state), event.now).run(event);
}

Time next_due(const PodState& state) {
    if (state.mode == Mode::over) return never;
    Time due = std::min({state.kill_at, state.give_up_at, kernels_due(state)});
    for (const auto& s : state.services) due = std::min({due, s.due, s.ready_by, s.probe_due});
    return due;
}

}  // namespace tmplbuild::launch
