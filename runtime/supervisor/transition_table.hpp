// SPDX-License-Identifier: Apache-2.0
// The launcher's states, what can happen in each, and what is done then: plain values that transition() reads and a
// test prints as docs/launcher-states.md. Holds no conditions and does nothing itself.
#pragma once

#include "supervisor/model.hpp"

namespace tmplbuild::launch {

// `forgotten` stands for an entry that is missing in the table; such a table does not compile. These events happen to
// one service: from outside, as time passes, or by the pod itself.
enum class ServiceEvent : unsigned char {
    can_start,
    need_over,
    need_back,
    spawned,
    executed,
    spawn_failed,
    exited,
    left_gone,
    probe_answered,
    log_matched,
    stop_asked,
    restart_asked,
    idle_answered,
    grace_over,
    look_due,
    pause_over,
    deadline_over,
    probe_due,
    idle_due,
    pod_stops,
    pod_tells,
    pod_kills
};
enum class ServiceMove : unsigned char {
    forgotten,
    none,
    start,
    block,
    unblock,
    take_process,
    stop_late,
    begin,
    end,
    conclude,
    take_answer,
    become_ready,
    stop,
    change_order,
    rest,
    wait,
    take_idle,
    kill_or_give_up,
    look,
    end_pause,
    be_late,
    probe,
    ask_idle,
    shorten_grace,
    stay_away,
    kill
};

// Events of the pod as a whole.
enum class PodEvent : unsigned char {
    terminate,
    command_started,
    command_ended,
    critical_failed,
    stray_ended,
    services_gone,
    nobody_left,
    tell_due,
    kill_due,
    look_due,
    limit_over
};
enum class PodMove : unsigned char {
    forgotten,
    none,
    stop,
    insist,
    take_command,
    end_with_command,
    note_code,
    fail,
    sweep,
    look,
    end_now,
    tell_all,
    kill_all,
    leave
};

// Events of one kernel.
enum class KernelEvent : unsigned char {
    pod_started,
    gpu_known,
    retry_asked,
    off_asked,
    activated,
    deactivated,
    matched,
    checked,
    compiled,
    progressed,
    service_degraded,
    service_ready,
    service_starts,
    service_failed,
    helper_overdue,
    try_due,
    pod_stops
};
enum class KernelMove : unsigned char {
    forgotten,
    none,
    heed_mode,
    judge,
    retry,
    switch_off,
    take_place,
    take_away,
    take_match,
    take_check,
    take_job,
    take_progress,
    degrade,
    check,
    trust_again,
    give_up,
    end_helper,
    compile,
    end_work
};

// Never returns `forgotten`.
ServiceMove move_of(Phase phase, ServiceEvent event);
PodMove move_of(Mode mode, PodEvent event);
KernelMove move_of(KernelPhase phase, KernelEvent event);

}  // namespace tmplbuild::launch
