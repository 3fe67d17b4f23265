// SPDX-License-Identifier: Apache-2.0
// Stopping one service, and the whole pod: everybody gets a stop signal and a grace before KILL, in reverse order of
// need as long as the time allows it.
#include <algorithm>

#include "supervisor/transition_class.hpp"

namespace tmplbuild::launch {

namespace {

// Kept free at the end of the whole stop, for the kernel to end what was killed.
constexpr Time reserve_ms = 500;
constexpr Time late_grace_ms = 50;
constexpr Time sweep_pause_ms = 50;  // between two looks at what is left
// Of what is no service's: daemons that oneshots left, what somebody started by hand. As a service has it by default.
const Time stray_grace_ms = pod::Service{}.stop_grace_ms;

}  // namespace

void Transition::stop_service(std::size_t i) {
    end_probing(i);
    enter(i, Phase::stopping, at(i).reason);
    at(i).satisfied = false;
    at(i).due = std::min(now_ + spec_.services[i].stop_grace_ms, state().kill_at);
    signal_group(i, stop_signal(i));
}

// Its grace is over, or that of what it left running.
void Transition::on_stop_due(std::size_t i) {
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

void Transition::on_command(std::size_t i, bool again, const char* why, const std::string& left) {
    auto& s = at(i);
    if (state().mode != Mode::running || !spec_.services[i].unusable.empty()) return;
    s.start_again = again && (alive(i) || !left.empty());
    s.last_end.clear();
    if (s.phase == Phase::stopping) {
        s.ordered = true;
        s.reason = why;
        return;
    }
    if (alive(i)) {
        s.reason = why;
        return stop_service(i);
    }
    s.due = never;
    s.failures = 0;
    s.satisfied = s.satisfied && !again;
    s.ordered = true;
    s.end.clear();
    if (left.empty()) return enter(i, again ? Phase::waiting : Phase::stopped, why);
    s.reason = why;
    stop_left(i, -1, left);
}

void Transition::begin_stop(int code) {
    if (state().mode != Mode::running) return;
    state().mode = Mode::stopping;
    state().exit_code = code;
    state().give_up_at = now_ + spec_.stop_total_ms;
    state().kill_at = state().give_up_at - std::min(reserve_ms, spec_.stop_total_ms / 2);
    // One that is deaf does not take all of the time from what it needs.
    Time longest = stray_grace_ms;
    for (const auto& service : spec_.services) longest = std::max<Time>(longest, service.stop_grace_ms);
    state().tell_all_at = state().kill_at - std::min(longest, (state().kill_at - now_) / 2);
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

// From now on nobody waits for another: whoever has not had his stop signal gets it, strays too.
void Transition::tell_all() {
    state().tell_all_at = never;
    state().all_told = true;
    // Where this comes late, a moment is left all the same.
    state().kill_at = std::max(state().kill_at, std::min(now_ + late_grace_ms, state().give_up_at));
    act({.kind = Action::Kind::sweep, .signal = SIGTERM});
    stop_what_can();
}

void Transition::kill_all() {
    state().kill_at = state().tell_all_at = never;
    state().killed = true;
    if (state().foreground != 0) act({.kind = Action::Kind::signal_foreground, .signal = SIGKILL});
    for (std::size_t i = 0; i < state().services.size(); ++i) {
        if (at(i).pid == 0 && at(i).left == 0) continue;
        end_probing(i);
        if (at(i).phase != Phase::stopping) enter(i, Phase::stopping, at(i).reason);
        at(i).due = never;
        at(i).left_killed = at(i).left != 0;
        if (at(i).left_killed) signal_left(i, SIGKILL);
        signal_group(i, SIGKILL);
    }
    if (state().mode == Mode::sweeping) sweep(SIGKILL);
}

// Everything that is left: with TERM, those who have not had it; with 0, a look.
void Transition::sweep(int signal) {
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

// A service is told to stop when nothing that needs it is left: the reverse of the order of starting.
void Transition::stop_what_can() {
    if (state().mode != Mode::stopping) return;
    bool any = state().foreground != 0;
    for (std::size_t i = 0; i < state().services.size(); ++i) {
        any = any || alive(i);
        if (at(i).pid == 0 || at(i).phase == Phase::stopping) continue;
        if (is_needed(i) && !state().all_told && !state().killed) continue;
        at(i).reason = "the pod stops";
        if (!state().killed) {
            stop_service(i);
        } else {
            enter(i, Phase::stopping, at(i).reason);
            signal_group(i, SIGKILL);
        }
    }
    if (any) return;
    state().mode = Mode::sweeping;
    state().tell_all_at = never;
    if (!state().killed) state().kill_at = std::min(state().kill_at, now_ + stray_grace_ms);
    sweep(SIGTERM);
}

}  // namespace tmplbuild::launch
