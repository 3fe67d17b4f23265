// SPDX-License-Identifier: Apache-2.0
// Finds the table's entry for an event, and carries out the moves that the table names there.
#include <algorithm>
#include <array>

#include "supervisor/transition_class.hpp"

namespace tmplbuild::launch {

void Transition::handle(const Event& event) {
    using Kind = Event::Kind;
    switch (event.kind) {
        case Kind::start:
            return kernels_.start();
        case Kind::tick:
            return tick();
        case Kind::terminate:
            return happens(PodEvent::terminate);
        case Kind::foreground_started:
            return happens(PodEvent::command_started, event);
        case Kind::foreground_exited:
            return happens(PodEvent::command_ended, event);
        case Kind::stray_exited:
            return happens(PodEvent::stray_ended);
        case Kind::no_children:
            return happens(PodEvent::nobody_left);
        case Kind::spawned:
        case Kind::executed:
        case Kind::spawn_failed:
        case Kind::exited:
        case Kind::left_gone:
        case Kind::probe_answered:
        case Kind::log_matched:
        case Kind::stop_service:
        case Kind::restart_service:
        case Kind::service_degraded:
        case Kind::idle_answered:
            if (event.service < state().services.size()) handle_service(event.service, event);
            return;
        case Kind::gpu_answered:
            return kernels_.take_gpu(event);
        case Kind::kernel_done:
        case Kind::kernel_compiled:
        case Kind::kernel_progress:
        case Kind::kernel_retry:
        case Kind::kernel_off:
            if (event.kernel < state().kernels.size()) handle_kernel(event);
            return;
    }
}

void Transition::handle_service(std::size_t i, const Event& event) {
    using Kind = Event::Kind;
    switch (event.kind) {
        case Kind::spawned:
            return happens(i, ServiceEvent::spawned, event);
        case Kind::executed:
            return happens(i, ServiceEvent::executed, event);
        case Kind::spawn_failed:
            return happens(i, ServiceEvent::spawn_failed, event);
        case Kind::exited:
            return happens(i, ServiceEvent::exited, event);
        case Kind::left_gone:
            return happens(i, ServiceEvent::left_gone, event);
        case Kind::probe_answered:
            return happens(i, ServiceEvent::probe_answered, event);
        case Kind::log_matched:
            return happens(i, ServiceEvent::log_matched, event);
        case Kind::stop_service:
            return order(i, ServiceEvent::stop_asked, event, "stopped by a person");
        case Kind::restart_service:
            order(i, ServiceEvent::restart_asked, event, "restarted by a person");
            return start_needs(i);
        case Kind::idle_answered:
            return happens(i, ServiceEvent::idle_answered, event);
        default:
            return kernels_.service_degraded(i, event);
    }
}

void Transition::handle_kernel(const Event& event) {
    using Kind = Event::Kind;
    const std::size_t k = event.kernel;
    switch (event.kind) {
        case Kind::kernel_done:
            return kernels_.task_done(k, event);
        case Kind::kernel_compiled:
            return kernels_.happens(k, KernelEvent::compiled, event);
        case Kind::kernel_progress:
            return kernels_.happens(k, KernelEvent::progressed, event);
        case Kind::kernel_retry:
            return kernels_.happens(k, KernelEvent::retry_asked, event);
        default:
            return kernels_.happens(k, KernelEvent::off_asked, event);
    }
}

// What a move needs to know. `why` is the reason of a stop or a restart.
struct Transition::Cause {
    std::size_t i;
    const Event& event;
    const char* why;
};

// The function of each move, in the order of the moves: a missing one does not compile.
struct Transition::Moves {
    template <typename Move>
    struct Entry {
        Move move;
        void (*carry_out)(Transition&, const Cause&);
    };
    using T = Transition;
    using C = Cause;
    using S = ServiceMove;
    using P = PodMove;

    static constexpr std::array<Entry<S>, 25> services = {{
        {S::none, [](T&, const C&) {}},
        {S::start, [](T& t, const C& c) { t.start(c.i); }},
        {S::block, [](T& t, const C& c) { t.block(c.i); }},
        {S::unblock, [](T& t, const C& c) { t.enter(c.i, Phase::waiting); }},
        {S::take_process, [](T& t, const C& c) { t.take_process(c.i, c.event.pid); }},
        {S::stop_late, [](T& t, const C& c) { t.take_process(c.i, c.event.pid); }},
        {S::begin, [](T& t, const C& c) { t.begin(c.i); }},
        {S::end, [](T& t, const C& c) { t.end(c.i, c.event); }},
        {S::conclude, [](T& t, const C& c) { t.at(c.i).left != 0 ? t.conclude(c.i) : void(); }},
        {S::take_answer, [](T& t, const C& c) { t.take_answer(c.i, c.event.ok, c.event.text); }},
        {S::become_ready, [](T& t, const C& c) { t.match_log(c.i); }},
        {S::stop, [](T& t, const C& c) { t.stop_service(c.i, c.why); }},
        {S::change_order, [](T& t, const C& c) { t.change_order(c.i, c.why); }},
        {S::rest, [](T& t, const C& c) { t.rest_or_wait(c.i, Phase::stopped, c.why, c.event.more); }},
        {S::wait, [](T& t, const C& c) { t.rest_or_wait(c.i, Phase::waiting, c.why, c.event.more); }},
        {S::take_idle, [](T& t, const C& c) { t.kernels_.take_idle(c.i, c.event.ok); }},
        {S::kill_or_give_up, [](T& t, const C& c) { t.kill_or_give_up(c.i); }},
        {S::look, [](T& t, const C& c) { t.look_at_left(c.i); }},
        {S::end_pause, [](T& t, const C& c) { t.leave_pause(c.i, Phase::waiting, {}); }},
        {S::be_late, [](T& t, const C& c) { t.be_late(c.i); }},
        {S::probe, [](T& t, const C& c) { t.probe(c.i); }},
        {S::ask_idle, [](T& t, const C& c) { t.kernels_.ask_idle(c.i); }},
        {S::shorten_grace, [](T& t, const C& c) { t.at(c.i).due = std::min(t.at(c.i).due, t.state().kill_at); }},
        {S::stay_away, [](T& t, const C& c) { t.leave_pause(c.i, Phase::stopped, t.at(c.i).reason); }},
        {S::kill, [](T& t, const C& c) { t.kill(c.i, c.why); }},
    }};
    static constexpr std::array<Entry<P>, 13> pod = {{
        {P::none, [](T&, const C&) {}},
        {P::stop, [](T& t, const C&) { t.stop_on_term(); }},
        {P::insist, [](T& t, const C&) { t.insist(); }},
        {P::take_command, [](T& t, const C& c) { t.state().foreground = c.event.pid; }},
        {P::end_with_command, [](T& t, const C& c) { t.end_with_command(c.event.status); }},
        {P::note_code, [](T& t, const C& c) { t.note_code(c.event.status); }},
        {P::fail, [](T& t, const C&) { t.stop_pod(exit_critical); }},
        {P::sweep, [](T& t, const C&) { t.sweep(); }},
        {P::look, [](T& t, const C&) { t.signal_strays(0); }},
        {P::end_now, [](T& t, const C&) { t.state().give_up_at = t.now_; }},
        {P::tell_all, [](T& t, const C&) { t.tell_all(); }},
        {P::kill_all, [](T& t, const C&) { t.kill_all(); }},
        {P::leave, [](T& t, const C&) { t.leave(); }},
    }};
    template <typename Move, std::size_t count>
    static constexpr bool is_whole(const std::array<Entry<Move>, count>& entries, Move last) {
        for (std::size_t n = 0; n < count; ++n)
            if (static_cast<std::size_t>(entries[n].move) != n + 1) return false;  // +1 because of `forgotten`
        return entries[count - 1].move == last;
    }
    template <typename Move, std::size_t count>
    static void carry_out(const std::array<Entry<Move>, count>& entries, Move move, Transition& t, const Cause& cause) {
        entries[static_cast<std::size_t>(move) - 1].carry_out(t, cause);
    }
};

void Transition::happens(std::size_t i, ServiceEvent what, const Event& event, const char* why) {
    static_assert(Moves::is_whole(Moves::services, ServiceMove::kill));
    const ServiceMove move = move_of(at(i).phase, what);
    follow(trace_ == nullptr ? nullptr : &trace_->services, i, at(i).phase, what, move, [&] {
        Moves::carry_out(Moves::services, move, *this, {i, event, why});
    });
}

void Transition::happens(PodEvent what, const Event& event) {
    static_assert(Moves::is_whole(Moves::pod, PodMove::leave));
    const PodMove move = move_of(state().mode, what);
    follow(trace_ == nullptr ? nullptr : &trace_->pod, 0, state().mode, what, move, [&] {
        Moves::carry_out(Moves::pod, move, *this, {0, event, ""});
    });
}

void Transition::tick() {
    for (std::size_t i = 0; i < state().services.size(); ++i) {
        if (now_ >= at(i).due) happens(i, ServiceEvent::grace_over);
        if (now_ >= at(i).look_due) happens(i, ServiceEvent::look_due);
        if (now_ >= at(i).due) happens(i, ServiceEvent::pause_over);
        if (now_ >= at(i).ready_by) happens(i, ServiceEvent::deadline_over);
        if (now_ >= at(i).probe_due) happens(i, ServiceEvent::probe_due);
    }
    kernels_.tick();
    for (std::size_t i = 0; i < state().services.size(); ++i)
        if (now_ >= at(i).idle_due) happens(i, ServiceEvent::idle_due);
    if (now_ >= state().tell_all_at) happens(PodEvent::tell_due);
    if (now_ >= state().kill_at) happens(PodEvent::kill_due);
    if (now_ >= state().look_due) happens(PodEvent::look_due);
}

void Transition::settle() {
    if (state().mode == Mode::running) {
        for (const std::size_t i : kernels_.restarts())
            order(i, ServiceEvent::restart_asked, {}, "restarted for its kernel");
        return start_what_can();
    }
    stop_what_can();
    if (now_ >= state().give_up_at) happens(PodEvent::limit_over);
}

// Whether services that need this one wait in vain: it is not available and does not start by itself. (A oneshot that
// is done has satisfied them.)
bool Transition::is_over(std::size_t j) {
    const Phase phase = at(j).phase;
    return !at(j).satisfied &&
           (phase == Phase::done || phase == Phase::failed || phase == Phase::stopped || phase == Phase::blocked);
}

// The first of its needs that is not available, or, with `over`, the first that is over.
std::optional<std::size_t> Transition::missing_need(std::size_t i, bool over) {
    for (const auto& need : spec_.services[i].needs)
        for (std::size_t j = 0; j < state().services.size(); ++j)
            if (spec_.services[j].name == need && !at(j).satisfied && (!over || is_over(j))) return j;
    return std::nullopt;
}

std::string Transition::need_words(std::size_t j) {
    const std::string out = "needs " + spec_.services[j].name + ", which is " + to_string(at(j).phase);
    return at(j).phase == Phase::done ? out + " and is not started again by itself" : out;
}

void Transition::block(std::size_t i) {
    enter(i, Phase::blocked, need_words(*missing_need(i, true)));
    say(i, pod::blocked_since + at(i).reason);
}

// Blocks services that wait in vain, and lets those wait again whose needs may still come. A change may affect the
// services that need the changed one, so this repeats until nothing changes.
void Transition::look_at_needs() {
    for (bool changed = true; changed;) {
        changed = false;
        for (std::size_t i = 0; i < state().services.size(); ++i) {
            const Phase before = at(i).phase;
            if (before != Phase::waiting && before != Phase::blocked) continue;
            const auto over = missing_need(i, true);
            if (over && before == Phase::blocked) at(i).reason = need_words(*over);
            if (over && before == Phase::waiting) happens(i, ServiceEvent::need_over);
            if (!over && before == Phase::blocked) happens(i, ServiceEvent::need_back);
            changed = changed || at(i).phase != before;
        }
    }
}

void Transition::start_what_can() {
    look_at_needs();
    for (std::size_t i = 0; i < state().services.size(); ++i) {
        if (at(i).phase != Phase::waiting) continue;
        const auto need = missing_need(i, false);
        std::string missing = need ? need_words(*need) : std::string();
        const bool may = missing.empty() && kernels_.may_start(i, missing);
        at(i).reason = missing;
        if (may) happens(i, ServiceEvent::can_start);
    }
}

void Transition::start(std::size_t i) {
    auto& s = at(i);
    enter(i, Phase::starting, after_words(s));
    kernels_.service_starts(i);
    s.started = now_;
    s.spawning = true;
    if (s.starts++ > 0) ++s.restarts;
    act({.kind = Action::Kind::spawn, .service = i});
}

void Transition::take_process(std::size_t i, pid_t pid) {
    if (!at(i).spawning) return;
    at(i).spawning = false;
    at(i).pid = pid;
    if (at(i).phase == Phase::stopping) stop_service(i, at(i).reason);
}

Step transition(const pod::PodSpec& spec, PodState state, const Event& event, Trace* trace) {
    return Transition(spec, std::move(state), event.now, trace).run(event);
}

Time next_due(const PodState& state) {
    if (state.mode == Mode::over) return never;
    Time due = std::min({state.tell_all_at, state.look_due, state.kill_at, state.give_up_at, kernels_due(state)});
    for (const auto& s : state.services) due = std::min({due, s.due, s.look_due, s.ready_by, s.probe_due});
    return due;
}

}  // namespace tmplbuild::launch
