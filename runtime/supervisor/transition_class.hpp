// SPDX-License-Identifier: Apache-2.0
// The parts of transition(), shared by the transition*.cpp files alone; others include model.hpp. Pure, as transition()
// is.
#pragma once

#include <csignal>
#include <optional>
#include <string>
#include <utility>

#include "podspec/start_words.hpp"
#include "supervisor/kernel_steps.hpp"
#include "supervisor/model.hpp"
#include "supervisor/trace.hpp"

namespace tmplbuild::launch {

// Time after KILL: a process that is still there hangs in a system call, and is not waited for any more.
inline constexpr Time unkillable_ms = 2'000;

class Transition {
  public:
    Transition(const pod::PodSpec& spec, PodState state, Time now, Trace* trace)
        : spec_(spec), now_(now), trace_(trace) {
        step_.state = std::move(state);
    }
    Step run(const Event& event) {
        if (state().mode != Mode::over) {
            handle(event);
            settle();
            if (event.kind == Event::Kind::start) kernels_.services_started();
        }
        return std::move(step_);
    }

  private:
    PodState& state() { return step_.state; }
    ServiceState& at(std::size_t i) { return state().services[i]; }
    bool alive(std::size_t i) { return at(i).pid != 0 || at(i).spawning || at(i).left != 0; }
    void act(Action action) { step_.actions.push_back(std::move(action)); }
    void enter(std::size_t i, Phase phase, std::string reason = {}) {
        at(i).phase = phase;
        at(i).since = now_;
        at(i).reason = std::move(reason);
    }
    // The reason shown beside a service that was started again, as long as it runs.
    static std::string after_words(const ServiceState& s) {
        return s.last_end.empty() ? std::string() : "started again after: " + s.last_end;
    }
    void say(std::size_t i, std::string text) {
        act({.kind = Action::Kind::say, .service = i, .text = std::move(text)});
    }
    void end_probing(std::size_t i) {
        if (at(i).probing) act({.kind = Action::Kind::cancel_probe, .service = i});
        at(i).probing = false;
        at(i).probe_due = at(i).ready_by = never;
    }
    int stop_signal(std::size_t i) const { return static_cast<int>(spec_.services[i].stop_signal); }
    void signal_group(std::size_t i, int number) {
        if (at(i).pid != 0) act({.kind = Action::Kind::signal_group, .service = i, .signal = number});
    }

    // transition.cpp: finds the table's entry for an event, and does its move
    struct Cause;
    struct Moves;
    void handle(const Event& event);
    void handle_service(std::size_t i, const Event& event);
    void handle_kernel(const Event& event);
    void happens(std::size_t i, ServiceEvent what, const Event& event = {}, const char* why = "");
    void happens(PodEvent what, const Event& event = {});
    void tick();
    void settle();
    void start_what_can();
    void start(std::size_t i);
    void take_process(std::size_t i, pid_t pid);
    bool is_over(std::size_t j);
    std::optional<std::size_t> missing_need(std::size_t i, bool over);
    std::string need_words(std::size_t j);
    void block(std::size_t i);
    void look_at_needs();

    // transition_ready.cpp: readiness and health
    void match_log(std::size_t i);
    void begin(std::size_t i);
    void become_ready(std::size_t i);
    void take_answer(std::size_t i, bool ok, const std::string& why);
    void take_health(std::size_t i, bool ok);
    void probe(std::size_t i);
    void be_late(std::size_t i);

    // transition_end.cpp: the end of a process, what it left running, what comes next
    void end(std::size_t i, const Event& event);
    void stop_left(std::size_t i, pid_t number, const std::string& who);
    void signal_left(std::size_t i, int signal);
    void look_at_left(std::size_t i);
    void conclude(std::size_t i);
    void end_without_order(std::size_t i);
    void fail(std::size_t i, const std::string& why);

    // transition_stop.cpp: one service, and the whole pod
    void start_needs(std::size_t i);
    void order(std::size_t i, ServiceEvent what, const Event& event, const char* why);
    void stop_service(std::size_t i, std::string why);
    void change_order(std::size_t i, const char* why);
    void rest_or_wait(std::size_t i, Phase phase, const char* why, const std::string& left);
    void leave_pause(std::size_t i, Phase phase, std::string reason);
    void kill_or_give_up(std::size_t i);
    void kill(std::size_t i, const char* why);
    void stop_on_term();
    void insist();
    void note_code(int status);
    void end_with_command(int status);
    void stop_pod(int code);
    void tell_all();
    void kill_all();
    void signal_strays(int signal);
    bool is_needed(std::size_t i);
    void stop_what_can();
    void sweep();
    void leave();

    const pod::PodSpec& spec_;
    Time now_;
    Trace* trace_;
    Step step_;
    KernelSteps kernels_{spec_, step_.state, now_, step_.actions, trace_};
};

}  // namespace tmplbuild::launch
