// SPDX-License-Identifier: Apache-2.0
// What the launcher knows about a pod, as plain values. transition() decides everything; engine.cpp only carries its
// actions out (events.hpp). Never reads a clock, makes a random number or calls the system.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "loop/poller.hpp"
#include "podspec/pod_spec.hpp"
#include "supervisor/events.hpp"
#include "supervisor/kernel_model.hpp"

namespace tmplbuild::launch {

inline constexpr int exit_critical = 70;  // a critical service failed for good

enum class Phase {
    waiting,    // for what it needs
    starting,   // its process runs, its probe has not said yes yet
    running,    // a oneshot at work
    ready,      // its probe said yes, or it has none
    unhealthy,  // not ready within its deadline, or not healthy any more; runs on, and is asked on
    backoff,    // ended; the next start is at `due`
    stopping,   // it, or what it left running, was sent its stop signal; KILL is at `due`
    done,       // ended by itself and is not started again
    failed,     // will not be started again, for `reason`
    stopped,    // was told to stop
    blocked,    // what it needs is over; starts when that is started again
};
const char* to_string(Phase phase);

struct ServiceState {
    Phase phase = Phase::waiting;
    Time since = 0;                  // when it came into this phase
    bool unusable = false;           // it can never be started, for `reason`
    pid_t pid = 0;                   // 0: no process
    bool spawning = false;           // a start was asked for and is not answered yet
    Time started = 0;                // of the present process
    Time due = never;                // end of the pause, or the KILL
    Time ready_by = never;           // after this it is unhealthy
    Time probe_due = never;          // next attempt, or the end of the one under way
    bool probing = false;            // an attempt is under way
    bool satisfied = false;          // what needs it may start
    bool was_ready = false;          // in this life of it: from now on its health is asked
    std::int64_t failed_probes = 0;  // of its health probe, in a row
    bool start_again = false;        // after the present stop
    std::int64_t failures = 0;       // ends in a row, none of them after a stable time
    std::int64_t restarts = 0;       // starts after the first
    std::int64_t starts = 0;
    std::int64_t memory_kills = 0;  // ends by Linux's OOM killer
    std::string reason;             // why it is in this phase; may be empty
    std::string last_end;           // how the process before this one ended, when nobody had asked for it
    std::string last_no;            // why its probe said no the last time

    // Its process has ended, and others of its tree run on: they are stopped before anything else happens to it.
    pid_t left = 0;  // that process, whose number their group has; -1: of a life before; 0: there are none
    bool left_killed = false;
    Time look_due = never;    // the next look whether they are gone
    bool ordered = false;     // the end was asked for
    bool ended_well = false;  // with 0
    std::string end{};        // how it ended
    int end_jitter = 0;

    // What its process was started with, and whether that still holds.
    bool with_kernel = false, without_gpu = false;
    bool came_up = false;         // the present process was ready, at any time
    int early_ends = 0;           // in a row, with a kernel's arguments and before it was ready
    bool torch_matches = false;   // for the start that is next
    bool stale = false;           // it is to be restarted for a kernel, when its policy allows it
    bool kernel_restart = false;  // it is to be restarted for a kernel at once
    bool asking_idle = false;     // its idle probe is under way
    Time idle_due = never;        // the next time it is asked
};

enum class Mode { running, stopping, sweeping, over };

struct PodState {
    std::vector<ServiceState> services;
    HostPart host;
    std::vector<KernelState> kernels;
    Mode mode = Mode::running;
    pid_t foreground = 0;  // the command given as arguments, while it runs
    int exit_code = 0;
    bool asked_to_end = false;   // TERM has come
    bool code_is_final = false;  // a critical service's end has decided it
    Time tell_all_at = never;    // whoever has not had his stop signal by then gets it, needed or not
    bool all_told = false;       // everybody has had his stop signal
    Time look_due = never;       // while sweeping: the next look whether anything is left
    Time kill_at = never;        // every process still there is killed
    Time give_up_at = never;     // the launcher ends, whatever is left
    bool killed = false;         // KILL was sent to all
};

struct Step {
    PodState state;
    std::vector<Action> actions;
};

// The services in their first state: those that cannot be used are failed with words, the rest wait.
PodState first_state(const pod::PodSpec& spec);
// `trace`: what is to hold the entries of the table that were taken; for tests.
struct Trace;
Step transition(const pod::PodSpec& spec, PodState state, const Event& event, Trace* trace = nullptr);
// What a service is asked now: its readiness first, its health from then on.
const pod::Probe& probe_in(const pod::Service& service, const ServiceState& state);
// When a tick must come; never while nothing is due, so that an idle pod costs nothing.
Time next_due(const PodState& state);
// The pause before the next start: doubled per failure, capped, then moved by jitter.
Time backoff_pause(const pod::Restart& restart, std::int64_t failures, int jitter);
// "exit code 3", "killed by signal 9"
std::string describe_status(int status);
int exit_code_of(int status);  // 0..255, or 128 + the signal

}  // namespace tmplbuild::launch
