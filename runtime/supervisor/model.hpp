// SPDX-License-Identifier: Apache-2.0
// What the launcher knows about a pod, as plain values. transition() decides everything; the engine only carries its
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
    waiting,    // until what it needs is there
    starting,   // its process runs, and its probe has not succeeded yet
    running,    // a oneshot at work
    ready,      // its probe has succeeded, or it has none
    unhealthy,  // not ready within its deadline, or no longer healthy; it runs on, and is probed on
    backoff,    // ended; the next start is at `due`
    stopping,   // it, or what it left running, has got its stop signal; KILL comes at `due`
    done,       // ended by itself and is not started again
    failed,     // will not be started again, for `reason`
    stopped,    // somebody stopped it
    blocked,    // what it needs has ended for good; it starts when that is started again
};
const char* to_string(Phase phase);

struct ServiceState {
    Phase phase = Phase::waiting;
    Time since = 0;                  // when it entered this phase
    bool unusable = false;           // it can never be started, for `reason`
    pid_t pid = 0;                   // 0: no process
    bool spawning = false;           // a start was requested, and its result is not known yet
    Time started = 0;                // of the present process
    Time due = never;                // end of the pause, or time of the KILL
    Time ready_by = never;           // after this time it counts as unhealthy
    Time probe_due = never;          // next attempt, or deadline of the one under way
    bool probing = false;            // an attempt is under way
    bool satisfied = false;          // services that need it may start
    bool was_ready = false;          // since its present start; from then on its health is probed
    std::int64_t failed_probes = 0;  // of its health probe, in a row
    bool start_again = false;        // once the present stop is over
    std::int64_t failures = 0;       // ends in a row without a stable run between them
    std::int64_t restarts = 0;       // starts after the first
    std::int64_t starts = 0;
    std::int64_t memory_kills = 0;  // ends by Linux's OOM killer
    std::string reason;             // why it is in this phase; may be empty
    std::string last_end;           // how the last process that ended by itself did so
    std::string last_no;            // why its probe failed the last time

    // Its own process has ended and others of its tree still run: they are stopped before anything else happens to it.
    pid_t left = 0;  // that process, whose pid is the number of their group; -1: of an earlier run; 0: there are none
    bool left_killed = false;
    Time look_due = never;    // when it is next checked whether they are gone
    bool ordered = false;     // the end was requested
    bool ended_well = false;  // with exit code 0
    std::string end{};        // the words for it
    int end_jitter = 0;

    // Which arguments its process was started with, and whether they still fit.
    bool with_kernel = false, without_gpu = false;
    bool came_up = false;         // the present process was ready at some time
    int early_ends = 0;           // in a row, with a kernel's arguments and before it was ready
    bool torch_matches = false;   // for the next start
    bool stale = false;           // it should be restarted for a kernel as soon as its policy allows
    bool kernel_restart = false;  // it should be restarted for a kernel at once
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
    bool asked_to_end = false;   // TERM was received
    bool code_is_final = false;  // a critical service's end has decided the exit code
    Time tell_all_at = never;    // services without their stop signal at that time get it, even if others need them
    bool all_told = false;       // all services have got their stop signal
    Time look_due = never;       // while sweeping: the next check whether anything is left
    Time kill_at = never;        // every process that is left is killed
    Time give_up_at = never;     // the launcher ends, whatever is left
    bool killed = false;         // KILL was sent to all
};

struct Step {
    PodState state;
    std::vector<Action> actions;
};

// The services in their first phase: those that cannot be used have failed with a reason, the rest wait.
PodState first_state(const pod::PodSpec& spec);
// `trace` gets the entries of the table that were taken; for tests.
struct Trace;
Step transition(const pod::PodSpec& spec, PodState state, const Event& event, Trace* trace = nullptr);
// The probe that is asked at present: for readiness first, for health from then on.
const pod::Probe& probe_in(const pod::Service& service, const ServiceState& state);
// When a tick must come; never while nothing is due, so that an idle pod uses no processor time.
Time next_due(const PodState& state);
// The pause before the next start: doubled for each failure, capped, then moved by jitter.
Time backoff_pause(const pod::Restart& restart, std::int64_t failures, int jitter);
// Such as "exit code 3" or "killed by signal 9".
std::string describe_status(int status);
int exit_code_of(int status);  // 0..255, or 128 + the signal

}  // namespace tmplbuild::launch
