// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>

#include <algorithm>

#include "supervisor/transition_class.hpp"

namespace tmplbuild::launch {

namespace {

constexpr std::size_t reason_limit = 300;  // of what a stranger said

std::string describe_end(const Event& event) {
    if (event.out_of_memory) return "killed for memory (signal 9)";
    return event.text.empty() ? describe_status(event.status) : event.text;
}

}  // namespace

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
            if (at(i).spawning) on_exit(i, event, false, event.text);
            return;
        case Kind::exited:
            if (at(i).pid == 0) return;
            if (event.out_of_memory) ++at(i).memory_kills;
            return on_exit(i, event, WIFEXITED(event.status) && WEXITSTATUS(event.status) == 0, describe_end(event));
        case Kind::left_gone:
            return at(i).left != 0 ? conclude(i) : void();
        case Kind::probe_answered:
            return on_probe_answer(i, event.ok, event.text);
        case Kind::log_matched:
            if (spec_.services[i].ready.kind == pod::Probe::Kind::log) on_ready(i);
            return;
        case Kind::terminate:
            // The second one kills at once; the first may come when the pod is ending for another reason.
            if (std::exchange(state().asked_to_end, true)) return kill_all();
            return begin_stop(state().exit_code);
        case Kind::foreground_started:
            state().foreground = event.pid;
            return;
        case Kind::foreground_exited:
            state().foreground = 0;
            if (!state().code_is_final) state().exit_code = exit_code_of(event.status);
            if (state().mode == Mode::running) begin_stop(state().exit_code);
            return;
        case Kind::stray_exited:
            return state().mode == Mode::sweeping ? sweep(0) : void();  // its own children are ours now
        case Kind::no_children:
            if (state().mode == Mode::sweeping) state().give_up_at = now_;
            return;
        case Kind::stop_service:
            return on_command(i, false, "stopped by a person", event.more);
        case Kind::restart_service:
            return on_command(i, true, "restarted by a person", event.more);
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

// What stands beside a service that was started again: why, as long as it runs.
static std::string after_words(const ServiceState& s) {
    return s.last_end.empty() ? std::string() : "started again after: " + s.last_end;
}

// The program was executed. A service without a probe is ready now; one that may not have it yet is asked at once.
void Transition::on_running(std::size_t i) {
    auto& s = at(i);
    if (s.pid == 0 || s.phase != Phase::starting) return;
    s.last_no.clear();
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
    enter(i, Phase::ready, after_words(s));
    s.satisfied = s.was_ready = true;
    s.noes = 0;
    const auto& health = spec_.services[i].health;
    if (health.kind != pod::Probe::Kind::none) s.probe_due = now_ + health.interval_ms;
    say(i, "ready after " + std::to_string(now_ - at(i).started) + " ms");
    kernels_.is_ready(i);
}

void Transition::on_probe_answer(std::size_t i, bool ok, const std::string& why) {
    auto& s = at(i);
    if (!s.probing) return;
    s.probing = false;
    s.probe_due = now_ + probe_in(spec_.services[i], s).interval_ms;
    if (!ok) s.last_no = why.substr(0, reason_limit);
    if (s.was_ready) return on_health(i, ok);
    if (ok) return on_ready(i);
    if (s.phase == Phase::starting && !why.empty()) s.reason = "not ready yet: " + s.last_no;
}

static std::string with_why(const std::string& text, const std::string& why) {
    return why.empty() ? text : text + ": " + why;
}

void Transition::on_health(std::size_t i, bool ok) {
    auto& s = at(i);
    s.noes = ok ? 0 : s.noes + 1;
    if (ok && s.phase == Phase::unhealthy) {
        enter(i, Phase::ready, after_words(s));
        s.satisfied = true;
        say(i, "healthy again");
    }
    if (s.phase != Phase::ready || s.noes < spec_.services[i].health_failures) return;
    enter(i, Phase::unhealthy,
          with_why("its health probe said no " + std::to_string(s.noes) + " times in a row", s.last_no));
    s.satisfied = false;
    say(i, "unhealthy: " + s.reason);
}

void Transition::on_tick() {
    for (std::size_t i = 0; i < state().services.size(); ++i) {
        auto& s = at(i);
        if (s.phase == Phase::stopping && now_ >= s.due) on_stop_due(i);
        if (s.left != 0 && now_ >= s.look_due) look_at_left(i);
        if (s.phase == Phase::backoff && now_ >= s.due) {
            s.due = never;
            enter(i, Phase::waiting);
        }
        if (now_ >= s.ready_by) on_deadline(i);
        if (now_ >= s.probe_due) on_probe_due(i);
    }
    kernels_.tick();
    if (state().mode == Mode::stopping && now_ >= state().tell_all_at) tell_all();
    if (state().mode != Mode::running && now_ >= state().kill_at) kill_all();
    if (state().mode == Mode::sweeping && now_ >= state().look_due) sweep(0);
}

void Transition::on_deadline(std::size_t i) {
    auto& s = at(i);
    s.ready_by = never;
    const pod::Probe& probe = spec_.services[i].ready;
    const bool by_log = probe.kind == pod::Probe::Kind::log;
    enter(i, Phase::unhealthy,
          with_why("not ready after " + std::to_string(now_ - s.started) + " ms",
                   by_log ? "its output has not said '" + probe.log.substr(0, reason_limit) + "'" : s.last_no));
    say(i, s.reason);
}

// An attempt is to begin, or the one under way has had its time.
void Transition::on_probe_due(std::size_t i) {
    auto& s = at(i);
    const pod::Probe& probe = probe_in(spec_.services[i], s);
    act({.kind = s.probing ? Action::Kind::cancel_probe : Action::Kind::probe, .service = i});
    if (s.probing) {
        const bool program = probe.kind == pod::Probe::Kind::exec;
        return on_probe_answer(i, false,
                               std::string(program ? "its probe did not end" : "no answer") + " within " +
                                   std::to_string(probe.timeout_ms) + " ms");
    }
    s.probing = true;
    s.probe_due = now_ + probe.timeout_ms;
}

void Transition::settle() {
    if (state().mode == Mode::running) {
        for (const std::size_t i : kernels_.restarts()) on_command(i, true, "restarted for its kernel", {});
        return start_what_can();
    }
    stop_what_can();
    if (now_ < state().give_up_at) return;
    state().mode = Mode::over;
    act({.kind = Action::Kind::leave, .code = state().exit_code});
}

// What it waits for among its needs; empty: nothing.
std::string Transition::missing_need(std::size_t i) {
    for (const auto& need : spec_.services[i].needs)
        for (std::size_t j = 0; j < state().services.size(); ++j) {
            if (spec_.services[j].name != need || at(j).satisfied) continue;
            std::string out = "needs " + need + ", which is " + to_string(at(j).phase);
            // A oneshot that is done has satisfied it; this one has ended, and its policy does not start it again.
            if (at(j).phase == Phase::done) out += " and is not started again by itself";
            const bool for_good =
                at(j).phase == Phase::done || at(j).phase == Phase::failed || at(j).phase == Phase::stopped;
            if (for_good && at(i).reason != out) say(i, "waits for good: " + out);
            return out;
        }
    return {};
}

void Transition::start_what_can() {
    for (std::size_t i = 0; i < state().services.size(); ++i) {
        auto& s = at(i);
        if (s.phase != Phase::waiting || alive(i)) continue;
        std::string missing = missing_need(i);
        const bool may = missing.empty() && kernels_.may_start(i, missing);
        s.reason = missing;
        if (!may) continue;
        enter(i, Phase::starting, after_words(s));
        kernels_.starts(i);
        s.started = now_;
        s.spawning = true;
        if (s.starts++ > 0) ++s.restarts;
        act({.kind = Action::Kind::spawn, .service = i});
    }
}

Step transition(const pod::PodSpec& spec, PodState state, const Event& event) {
    return Transition(spec, std::move(state), event.now).run(event);
}

Time next_due(const PodState& state) {
    if (state.mode == Mode::over) return never;
    Time due = std::min({state.tell_all_at, state.look_due, state.kill_at, state.give_up_at, kernels_due(state)});
    for (const auto& s : state.services) due = std::min({due, s.due, s.look_due, s.ready_by, s.probe_due});
    return due;
}

}  // namespace tmplbuild::launch
