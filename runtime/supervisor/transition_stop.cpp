// SPDX-License-Identifier: Apache-2.0
// Stopping one service, and the whole pod: every service gets its stop signal and a grace before KILL, in reverse order
// of need as long as the time allows it.
#include <algorithm>
#include <utility>

#include "supervisor/transition_class.hpp"

namespace tmplbuild::launch {

namespace {

// Time at the end of the whole stop, in which Linux ends the processes that were killed.
constexpr Time reserve_ms = 500;
constexpr Time late_grace_ms = 50;
constexpr Time sweep_pause_ms = 50;  // between two checks of what is left
// The grace of processes that belong to no service (daemons that oneshots left, programs that somebody started by
// hand): the default grace of a service.
const Time stray_grace_ms = pod::Service{}.stop_grace_ms;

}  // namespace

// A stop or a restart, requested by a person or for a kernel. Both are ignored while the pod stops, and for a service
// that cannot be used.
void Transition::order(std::size_t i, ServiceEvent what, const Event& event, const char* why) {
    if (state().mode != Mode::running || at(i).unusable) return;
    at(i).start_again = what == ServiceEvent::restart_asked && (alive(i) || !event.more.empty());
    at(i).last_end.clear();
    happens(i, what, event, why);
}

// A request for a service is also one for the services that it needs, where those are over.
void Transition::start_needs(std::size_t i) {
    if (!alive(i) && at(i).phase != Phase::waiting) return;
    for (std::optional<std::size_t> need; (need = missing_need(i, true));) {
        order(*need, ServiceEvent::restart_asked, {}, "");
        if (is_over(*need)) return;  // the needed service cannot be used
        say(*need, "started, since " + spec_.services[i].name + " needs it");
        start_needs(*need);
    }
}

void Transition::stop_service(std::size_t i, std::string why) {
    end_probing(i);
    enter(i, Phase::stopping, std::move(why));
    at(i).satisfied = false;
    at(i).due = std::min(now_ + spec_.services[i].stop_grace_ms, state().kill_at);
    signal_group(i, stop_signal(i));
}

// The service is stopping already, for whatever reason: only what comes after the stop is changed.
void Transition::change_order(std::size_t i, const char* why) {
    at(i).ordered = true;
    at(i).reason = why;
}

// The service has no process. It becomes `stopped`, or `waiting` for its start.
void Transition::rest_or_wait(std::size_t i, Phase phase, const char* why, const std::string& left) {
    auto& s = at(i);
    s.due = never;
    s.failures = 0;
    s.satisfied = s.satisfied && phase != Phase::waiting;
    s.ordered = true;
    s.end.clear();
    if (left.empty()) return enter(i, phase, why);
    s.reason = why;
    stop_left(i, -1, left);
}

void Transition::leave_pause(std::size_t i, Phase phase, std::string reason) {
    at(i).due = never;
    enter(i, phase, std::move(reason));
}

// The grace of the service, or of what it left running, is over.
void Transition::kill_or_give_up(std::size_t i) {
    auto& s = at(i);
    s.due = never;
    if (s.pid != 0) {
        say(i, "did not stop within its grace; killed");
        return signal_group(i, SIGKILL);
    }
    if (s.left == 0) return;
    if (s.left_killed) {
        say(i, "what it left running does not end, even after KILL");
        return conclude(i);
    }
    say(i, "what it left running did not stop within its grace; killed");
    s.left_killed = true;
    s.due = now_ + unkillable_ms;
    signal_left(i, SIGKILL);
}

void Transition::stop_on_term() {
    state().asked_to_end = true;
    stop_pod(state().exit_code);
}

// A second TERM kills everything at once. The first one may come while the pod is ending for another reason.
void Transition::insist() {
    if (std::exchange(state().asked_to_end, true)) kill_all();
}

void Transition::note_code(int status) {
    state().foreground = 0;
    if (!state().code_is_final) state().exit_code = exit_code_of(status);
}

void Transition::end_with_command(int status) {
    note_code(status);
    stop_pod(state().exit_code);
}

void Transition::stop_pod(int code) {
    state().mode = Mode::stopping;
    state().exit_code = code;
    state().give_up_at = now_ + spec_.stop_total_ms;
    state().kill_at = state().give_up_at - std::min(reserve_ms, spec_.stop_total_ms / 2);
    // A service that ignores its stop signal must not use up the time of the services that it needs.
    Time longest = stray_grace_ms;
    for (const auto& service : spec_.services) longest = std::max<Time>(longest, service.stop_grace_ms);
    state().tell_all_at = state().kill_at - std::min(longest, (state().kill_at - now_) / 2);
    if (state().foreground != 0) act({.kind = Action::Kind::signal_foreground, .signal = SIGTERM});
    kernels_.stop();
    for (std::size_t i = 0; i < state().services.size(); ++i) {
        at(i).start_again = false;
        happens(i, ServiceEvent::pod_stops);
    }
}

// From now on services no longer wait for each other: each one without its stop signal gets it, and so do other
// processes.
void Transition::tell_all() {
    state().tell_all_at = never;
    state().all_told = true;
    // Even where this comes late, every process gets a moment before KILL.
    state().kill_at = std::max(state().kill_at, std::min(now_ + late_grace_ms, state().give_up_at));
    act({.kind = Action::Kind::sweep, .signal = SIGTERM});
    stop_what_can();
}

void Transition::kill_all() {
    state().kill_at = state().tell_all_at = never;
    state().killed = true;
    if (state().foreground != 0) act({.kind = Action::Kind::signal_foreground, .signal = SIGKILL});
    for (std::size_t i = 0; i < state().services.size(); ++i) happens(i, ServiceEvent::pod_kills);
    if (state().mode == Mode::sweeping) signal_strays(SIGKILL);
}

void Transition::kill(std::size_t i, const char* why) {
    auto& s = at(i);
    if (s.pid == 0 && s.left == 0) return;
    end_probing(i);
    if (s.phase != Phase::stopping) enter(i, Phase::stopping, *why == '\0' ? s.reason : why);
    s.due = never;
    s.left_killed = s.left != 0;
    if (s.left_killed) signal_left(i, SIGKILL);
    signal_group(i, SIGKILL);
}

// Signals processes that belong to no service. TERM goes to those that have not had it yet; 0 sends nothing and only
// checks.
void Transition::signal_strays(int signal) {
    state().look_due = now_ + sweep_pause_ms;
    act({.kind = Action::Kind::sweep, .signal = state().killed ? SIGKILL : signal});
}

bool Transition::is_needed(std::size_t i) {
    for (std::size_t j = 0; j < state().services.size(); ++j) {
        const auto& needs = spec_.services[j].needs;
        if (alive(j) && std::find(needs.begin(), needs.end(), spec_.services[i].name) != needs.end()) return true;
    }
    return false;
}

// A service gets its stop signal when no running service needs it: the reverse of the order of starting.
void Transition::stop_what_can() {
    if (state().mode != Mode::stopping) return;
    bool any = state().foreground != 0;
    for (std::size_t i = 0; i < state().services.size(); ++i) {
        any = any || alive(i);
        if (at(i).pid == 0 || at(i).phase == Phase::stopping) continue;
        if (is_needed(i) && !state().all_told && !state().killed) continue;
        happens(i, state().killed ? ServiceEvent::pod_kills : ServiceEvent::pod_tells, {}, "the pod stops");
    }
    if (!any) happens(PodEvent::services_gone);
}

void Transition::sweep() {
    state().mode = Mode::sweeping;
    state().tell_all_at = never;
    if (!state().killed) state().kill_at = std::min(state().kill_at, now_ + stray_grace_ms);
    signal_strays(SIGTERM);
}

void Transition::leave() {
    state().mode = Mode::over;
    act({.kind = Action::Kind::leave, .code = state().exit_code});
}

}  // namespace tmplbuild::launch
