// SPDX-License-Identifier: Apache-2.0
// What can happen to a pod, and what is to be done about it: plain values that go into transition() and come out of it.
// The engine makes the events and carries out the actions. Decides nothing.
#pragma once

#include <sys/types.h>

#include <string>

#include "loop/poller.hpp"
#include "supervisor/kernel_model.hpp"

namespace tmplbuild::launch {

struct Event {
    enum class Kind {
        start,               // the launcher begins
        spawned,             // service, pid
        executed,            // service: its program runs
        spawn_failed,        // service, text
        exited,              // service, pid, status (as wait gives it), text (why exec failed, or empty), jitter,
                             // more (what of its tree runs on, for people; empty: nothing)
        left_gone,           // service: nothing of its tree runs any more
        probe_answered,      // service, ok, text (why not)
        log_matched,         // service: the line it was waiting for
        tick,                // time passed
        terminate,           // TERM, or INT without a foreground command
        foreground_started,  // pid
        foreground_exited,   // status
        stray_exited,        // a process that is no service's own
        no_children,         // while sweeping: nothing is left
        stop_service,        // by a person; more: as for exited, where it has no process of its own
        restart_service,     // the same; starts it if it does not run
        gpu_answered,        // ok: text is what the probe printed; else why it printed nothing
        kernel_done,         // kernel: its first task ended; ok, code, text (the helper's last words)
        kernel_compiled,     // kernel: its job ended; ok, text (a directory, or why not), more (its tree's digest),
                             // retry_cause, jitter
        kernel_progress,     // kernel, code (percent), status (seconds left, or -1), text
        kernel_retry,        // kernel: by a person
        kernel_off,          // kernel: by a person
        service_degraded,    // service, text: the line of its log that says so
        idle_answered,       // service, ok
    };
    Kind kind = Kind::tick;
    Time now = 0;
    std::size_t service = 0;
    std::size_t kernel = 0;
    pid_t pid = 0;
    int status = 0;
    int code = 0;
    bool ok = false;
    bool out_of_memory = false;  // exited: Linux killed it for memory
    int jitter = 0;              // -1000..1000: in thousandths of the 10 %
    RetryCause retry_cause = RetryCause::none;
    std::string text{};
    std::string more{};
};

struct Action {
    enum class Kind {
        spawn,               // service
        signal_group,        // service, signal
        signal_left,         // service, signal: to what of its tree runs on, KILL to all, others once each; 0: none.
                             // left_gone: nothing
        signal_foreground,   // signal
        probe,               // service: begin one attempt
        cancel_probe,        // service
        sweep,               // signal: the same for what is no service's; no_children: nothing
        say,                 // service, text: one line of the pod's log
        leave,               // code
        ask_gpu,             // start the probe
        kernel_task,         // kernel: its first task
        end_kernel_task,     // kernel, signal
        kernel_compile,      // kernel: start its job
        end_kernel_compile,  // kernel
        ask_idle,            // service
    };
    Kind kind;
    std::size_t service = 0;
    std::size_t kernel = 0;
    int signal = 0;
    int code = 0;
    std::string text{};
    std::string who{};  // for say: the name at the start of the line; empty: the service's
};

}  // namespace tmplbuild::launch
