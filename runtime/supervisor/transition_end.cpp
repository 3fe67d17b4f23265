// SPDX-License-Identifier: Apache-2.0
// The end of a service's process: processes that it left running are stopped first, then its policy decides what comes
// next.
#include <sys/wait.h>

#include <algorithm>

#include "supervisor/transition_class.hpp"

namespace tmplbuild::launch {

namespace {

constexpr Time look_pause_ms = 50;  // between two checks whether what was left running is gone

// Whether a service ended as it should after its stop signal: by that signal, with exit code 0, or with 128 + the
// signal, as shells report it. Then its end needs no words.
bool ended_as_told(const Event& event, int signal) {
    if (event.kind != Event::Kind::exited || event.out_of_memory || !event.text.empty()) return false;
    if (WIFSIGNALED(event.status)) return WTERMSIG(event.status) == signal;
    return WEXITSTATUS(event.status) == 0 || WEXITSTATUS(event.status) == 128 + signal;
}

std::string describe_end(const Event& event) {
    if (event.kind != Event::Kind::exited) return event.text;
    if (event.out_of_memory) return "killed for memory (signal 9)";
    return event.text.empty() ? describe_status(event.status) : event.text;
}

std::string joined(const std::string& first, const std::string& second) {
    return first + (first.empty() || second.empty() ? "" : "; ") + second;
}

}  // namespace

void Transition::end(std::size_t i, const Event& event) {
    auto& s = at(i);
    const bool was_process = event.kind == Event::Kind::exited;
    if (was_process ? s.pid == 0 : !s.spawning) return;
    const bool ok = was_process && WIFEXITED(event.status) && WEXITSTATUS(event.status) == 0;
    const std::string why = describe_end(event);
    if (was_process && event.out_of_memory) ++s.memory_kills;
    const pid_t pid = s.pid;
    s.pid = 0;
    s.spawning = false;
    s.due = never;
    s.satisfied = s.was_ready = false;
    end_probing(i);
    s.ordered = s.phase == Phase::stopping;
    s.ended_well = ok;
    s.end = s.ordered && ended_as_told(event, stop_signal(i)) ? std::string() : why;
    s.end_jitter = event.jitter;
    kernels_.service_ended(i, s.ordered || state().mode != Mode::running);
    // What a oneshot leaves running is its purpose: a daemon that it started. It stays until the end of the pod.
    const bool kept = spec_.services[i].oneshot && ok && !s.ordered && state().mode == Mode::running;
    if (event.more.empty() || pid == 0 || kept) return conclude(i);
    stop_left(i, pid, event.more);
}

void Transition::stop_left(std::size_t i, pid_t number, const std::string& who) {
    auto& s = at(i);
    s.left = number;
    s.left_killed = state().killed;
    s.satisfied = false;
    std::string words = "what it left running is stopped: " + who;
    if (s.ended_well && !s.ordered && !spec_.services[i].oneshot)
        words = "it left " + who + " running, which is stopped now; a service's program has to stay in the foreground";
    if (!s.ordered) say(i, s.end + "; " + words);
    enter(i, Phase::stopping, s.ordered ? s.reason : joined(s.end, words));
    const Time grace = s.left_killed ? unkillable_ms : spec_.services[i].stop_grace_ms;
    s.due = std::min(now_ + grace, state().kill_at);
    signal_left(i, s.left_killed ? SIGKILL : stop_signal(i));
}

void Transition::signal_left(std::size_t i, int signal) {
    at(i).look_due = now_ + look_pause_ms;
    act({.kind = Action::Kind::signal_left, .service = i, .signal = signal});
}

// Processes that were started after the stop signal, to clean up, get nothing until the KILL.
void Transition::look_at_left(std::size_t i) {
    if (at(i).left != 0) signal_left(i, at(i).left_killed ? SIGKILL : 0);
}

// No process of the service runs any more: its policy decides.
void Transition::conclude(std::size_t i) {
    auto& s = at(i);
    s.left = 0;
    s.left_killed = false;
    s.due = s.look_due = never;
    if (state().mode != Mode::running || (s.ordered && !s.start_again))
        return enter(i, Phase::stopped, s.ordered ? joined(s.reason, s.end) : s.end);
    if (!s.ordered) return end_without_order(i);
    s.start_again = false;
    s.failures = 0;
    s.last_end.clear();
    enter(i, Phase::waiting, s.reason);
}

void Transition::end_without_order(std::size_t i) {
    auto& s = at(i);
    const auto& service = spec_.services[i];
    const auto& restart = service.restart;
    const std::string why = s.end;
    if (s.ended_well && (service.oneshot || restart.policy != pod::Restart::Policy::always)) {
        enter(i, Phase::done, why);
        s.satisfied = service.oneshot;
        return say(i, service.oneshot ? pod::oneshot_done : pod::ended_well);
    }
    if (restart.policy == pod::Restart::Policy::never) return fail(i, why);
    if (now_ - s.started >= restart.stable_ms) s.failures = 0;
    ++s.failures;
    if (restart.budget > 0 && s.failures > restart.budget)
        return fail(i, why + "; its " + std::to_string(restart.budget) + " restarts are used up");
    const Time pause = backoff_pause(restart, s.failures, s.end_jitter);
    enter(i, Phase::backoff, why);
    s.last_end = why;
    s.due = now_ + pause;
    say(i, why + ", started again in " + std::to_string(pause) + " ms");
}

void Transition::fail(std::size_t i, const std::string& why) {
    enter(i, Phase::failed, why);
    say(i, pod::failed_since + why);
    if (!spec_.services[i].critical) return;
    say(i, "it is critical, so the pod ends with code " + std::to_string(exit_critical));
    state().code_is_final = true;
    happens(PodEvent::critical_failed);
}

}  // namespace tmplbuild::launch
