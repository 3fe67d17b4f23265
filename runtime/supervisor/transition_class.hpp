// SPDX-License-Identifier: Apache-2.0
// transition()'s parts, shared by the transition*.cpp files alone; model.hpp is what others see. Pure, as it is.
#pragma once

#include <csignal>
#include <string>
#include <utility>

#include "supervisor/kernel_steps.hpp"
#include "supervisor/model.hpp"

namespace tmplbuild::launch {

// After KILL: what is still there hangs in the kernel, and is waited for no more.
inline constexpr Time unkillable_ms = 2'000;

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
    bool alive(std::size_t i) { return at(i).pid != 0 || at(i).spawning || at(i).left != 0; }
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
    int stop_signal(std::size_t i) const { return static_cast<int>(spec_.services[i].stop_signal); }
    void signal_group(std::size_t i, int number) {
        if (at(i).pid != 0) act({.kind = Action::Kind::signal_group, .service = i, .signal = number});
    }

    // transition.cpp: what happens, starting, readiness
    void handle(const Event& event);
    void on_running(std::size_t i);
    void on_ready(std::size_t i);
    void on_probe_answer(std::size_t i, bool ok, const std::string& why);
    void on_health(std::size_t i, bool ok);
    void on_tick();
    void on_probe_due(std::size_t i);
    void on_deadline(std::size_t i);
    void settle();
    void start_what_can();
    std::string missing_need(std::size_t i);

    // transition_end.cpp: a process ended, what it left running, what comes next
    void on_exit(std::size_t i, const Event& event, bool ok, const std::string& why);
    void stop_left(std::size_t i, pid_t number, const std::string& who);
    void signal_left(std::size_t i, int signal);
    void look_at_left(std::size_t i);
    void conclude(std::size_t i);
    void on_end_without_order(std::size_t i);
    void fail(std::size_t i, const std::string& why);

    // transition_stop.cpp: one service, and the whole pod
    void stop_service(std::size_t i);
    void on_stop_due(std::size_t i);
    void on_command(std::size_t i, bool again, const char* why, const std::string& left);
    void begin_stop(int code);
    void tell_all();
    void kill_all();
    void sweep(int signal);
    bool is_needed(std::size_t i);
    void stop_what_can();

    const pod::PodSpec& spec_;
    Time now_;
    Step step_;
    KernelSteps kernels_{spec_, step_.state, now_, step_.actions};
};

}  // namespace tmplbuild::launch
