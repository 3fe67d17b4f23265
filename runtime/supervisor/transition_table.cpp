// SPDX-License-Identifier: Apache-2.0
// One row for each thing that can happen, one column for each state. A move may have conditions of its own, which its
// words name; where the table says `o`, nothing is done under any condition. What a move does is in transition*.cpp and
// kernel_*.cpp.
#include "supervisor/transition_table.hpp"

#include <array>

#include "supervisor/transition_words.hpp"

namespace tmplbuild::launch {

namespace {

template <typename What, typename Move, std::size_t states>
struct Row {
    What event;
    std::array<Move, states> moves;
};

// Whether every event has its row, in order, and every state its entry there.
template <typename What, typename Move, std::size_t states, std::size_t rows>
constexpr bool is_whole(const std::array<Row<What, Move, states>, rows>& table, What last) {
    if (rows != static_cast<std::size_t>(last) + 1) return false;
    for (std::size_t row = 0; row < rows; ++row) {
        if (static_cast<std::size_t>(table[row].event) != row) return false;
        for (const Move move : table[row].moves)
            if (move == Move::forgotten) return false;
    }
    return true;
}

// Whether every value has its words, in order; `forgotten` has none.
template <typename Value, std::size_t count>
constexpr bool is_whole(const std::array<Meaning<Value>, count>& meanings, Value first, Value last) {
    for (std::size_t i = 0; i < count; ++i)
        if (static_cast<std::size_t>(meanings[i].value) != static_cast<std::size_t>(first) + i) return false;
    return meanings[count - 1].value == last;
}

template <typename... States>
constexpr unsigned to(States... states) {
    return ((1U << static_cast<unsigned>(states)) | ...);
}

}  // namespace

// --- one service ----------------------------------------------------------------------------------------------------

namespace service_table {

using enum Phase;
using E = ServiceEvent;
using M = ServiceMove;
using enum ServiceMove;
constexpr M o = none;
constexpr std::size_t states = static_cast<std::size_t>(blocked) + 1;

// clang-format off
constexpr std::array<Row<E, M, states>, 22> rows = {{
    //                   waiting    starting      running   ready        unhealthy     backoff    stopping         done  failed stopped    blocked
    {E::can_start,      {start,     o,            o,        o,           o,            o,         o,               o,    o,     o,         o}},
    {E::need_over,      {block,     o,            o,        o,           o,            o,         o,               o,    o,     o,         o}},
    {E::need_back,      {o,         o,            o,        o,           o,            o,         o,               o,    o,     o,         unblock}},
    {E::spawned,        {o,         take_process, o,        o,           o,            o,         stop_late,       o,    o,     o,         o}},
    {E::executed,       {o,         begin,        o,        o,           o,            o,         o,               o,    o,     o,         o}},
    {E::spawn_failed,   {o,         end,          o,        o,           o,            o,         end,             o,    o,     o,         o}},
    {E::exited,         {o,         end,          end,      end,         end,          o,         end,             o,    o,     o,         o}},
    {E::left_gone,      {o,         o,            o,        o,           o,            o,         conclude,        o,    o,     o,         o}},
    {E::probe_answered, {o,         take_answer,  o,        take_answer, take_answer,  o,         o,               o,    o,     o,         o}},
    {E::log_matched,    {o,         become_ready, o,        o,           become_ready, o,         o,               o,    o,     o,         o}},
    {E::stop_asked,     {rest,      stop,         stop,     stop,        stop,         rest,      change_order,    rest, rest,  rest,      rest}},
    {E::restart_asked,  {wait,      stop,         stop,     stop,        stop,         wait,      change_order,    wait, wait,  wait,      wait}},
    {E::idle_answered,  {o,         o,            o,        take_idle,   take_idle,    o,         take_idle,       o,    o,     o,         o}},
    {E::grace_over,     {o,         o,            o,        o,           o,            o,         kill_or_give_up, o,    o,     o,         o}},
    {E::look_due,       {o,         o,            o,        o,           o,            o,         look,            o,    o,     o,         o}},
    {E::pause_over,     {o,         o,            o,        o,           o,            end_pause, o,               o,    o,     o,         o}},
    {E::deadline_over,  {o,         be_late,      o,        o,           o,            o,         o,               o,    o,     o,         o}},
    {E::probe_due,      {o,         probe,        o,        probe,       probe,        o,         o,               o,    o,     o,         o}},
    {E::idle_due,       {o,         ask_idle,     ask_idle, ask_idle,    ask_idle,     o,         ask_idle,        o,    o,     o,         o}},
    {E::pod_stops,      {stay_away, o,            o,        o,           o,            stay_away, shorten_grace,   o,    o,     stay_away, stay_away}},
    {E::pod_tells,      {o,         stop,         stop,     stop,        stop,         o,         o,               o,    o,     o,         o}},
    {E::pod_kills,      {o,         kill,         kill,     kill,        kill,         o,         kill,            o,    o,     o,         o}},
}};
// clang-format on
static_assert(is_whole(rows, E::pod_kills));

constexpr std::array<Meaning<E>, 22> events = {{
    {E::can_start, "can start", "what it needs is there, and its kernels let it"},
    {E::need_over, "need over", "what it needs is not there, and does not come by itself: failed, stopped, …"},
    {E::need_back, "need back", "that is not so any more"},
    {E::spawned, "spawned", "its process was made"},
    {E::executed, "executed", "its program runs in it"},
    {E::spawn_failed, "spawn failed", "no process could be made"},
    {E::exited, "exited", "its process has ended"},
    {E::left_gone, "left gone", "nothing that it left running is there any more"},
    {E::probe_answered, "probe answered", "its probe said yes or no"},
    {E::log_matched, "log matched", "its output has the line that its `ready` names"},
    {E::stop_asked, "stop asked", "by a person"},
    {E::restart_asked, "restart asked",
     "by a person, or for a kernel; also starts what does not run, and whatever it needs that is over"},
    {E::idle_answered, "idle answered", "whether it is idle"},
    {E::grace_over, "grace over", "time: after its stop signal, or after KILL of what it left"},
    {E::look_due, "look due", "time: is what it left still there?"},
    {E::pause_over, "pause over", "time: before its next start"},
    {E::deadline_over, "deadline over", "time: it should be ready by now"},
    {E::probe_due, "probe due", "time: the next attempt, or the end of the one under way"},
    {E::idle_due, "idle due", "time: the next question whether it is idle"},
    {E::pod_stops, "pod stops", "the stop of the pod begins"},
    {E::pod_tells, "pod tells", "nothing that needs it is left, or nobody waits any more"},
    {E::pod_kills, "pod kills", "the time for all is over"},
}};
static_assert(is_whole(events, E::can_start, E::pod_kills));

constexpr unsigned after_end = to(waiting, backoff, done, failed, stopped);
constexpr std::array<Meaning<M>, 25> moves = {{
    {M::none, "·", "nothing"},
    {M::start, "start", "its process is asked for", to(starting)},
    {M::block, "block", "it waits no more, and says why", to(blocked)},
    {M::unblock, "unblock", "it waits for its start again", to(waiting)},
    {M::take_process, "take process", "its pid is known"},
    {M::stop_late, "stop late", "it was told to stop before it had a process, which is told now"},
    {M::begin, "begin", "a oneshot works, one without a probe is ready, another is asked", to(running, ready)},
    {M::end, "end", "what it left running is stopped; else as `conclude`", after_end | to(stopping)},
    {M::conclude, "conclude", "stopped if it was told to, started again if it was told to; else as its policy says",
     after_end},
    {M::take_answer, "take answer", "of `ready` until it was ready, of `health` from then on", to(ready, unhealthy)},
    {M::become_ready, "become ready", "once in its life, where its `ready` is a line of its log", to(ready)},
    {M::stop, "stop", "its stop signal, and its grace", to(stopping)},
    {M::change_order, "change order", "whether it is started again after this stop"},
    {M::rest, "rest", "it stays away; what it left running is stopped", to(stopped, stopping)},
    {M::wait, "wait", "for its start; what it left running is stopped first", to(waiting, stopping)},
    {M::take_idle, "take idle", "an idle one is restarted for its kernel, another is asked again"},
    {M::kill_or_give_up, "kill or give up", "KILL, to it or to what it left; `conclude` where KILL did not help",
     after_end},
    {M::look, "look", "at what it left"},
    {M::end_pause, "end pause", "it may start", to(waiting)},
    {M::be_late, "be late", "it runs on, and is asked on", to(unhealthy)},
    {M::probe, "probe", "an attempt begins, or the one under way counts as a no", to(unhealthy)},
    {M::ask_idle, "ask idle", "a ready one is asked; another later"},
    {M::shorten_grace, "shorten grace", "it ends no later than the pod's KILL"},
    {M::stay_away, "stay away", "it is not started any more", to(stopped)},
    {M::kill, "kill", "KILL to it and to what it left", to(stopping)},
}};
static_assert(is_whole(moves, M::none, M::kill));

}  // namespace service_table

// --- the pod --------------------------------------------------------------------------------------------------------

namespace pod_table {

using enum Mode;
using E = PodEvent;
using M = PodMove;
using enum PodMove;
constexpr M o = none;
constexpr std::size_t states = static_cast<std::size_t>(over) + 1;

// clang-format off
constexpr std::array<Row<E, M, states>, 11> rows = {{
    //                    running           stopping      sweeping      over
    {E::terminate,       {stop,             insist,       insist,       o}},
    {E::command_started, {take_command,     take_command, take_command, o}},
    {E::command_ended,   {end_with_command, note_code,    note_code,    o}},
    {E::critical_failed, {fail,             o,            o,            o}},
    {E::stray_ended,     {o,                o,            look,         o}},
    {E::services_gone,   {o,                sweep,        o,            o}},
    {E::nobody_left,     {o,                o,            end_now,      o}},
    {E::tell_due,        {o,                tell_all,     o,            o}},
    {E::kill_due,        {o,                kill_all,     kill_all,     o}},
    {E::look_due,        {o,                o,            look,         o}},
    {E::limit_over,      {o,                leave,        leave,        o}},
}};
// clang-format on
static_assert(is_whole(rows, E::limit_over));

constexpr std::array<Meaning<E>, 11> events = {{
    {E::terminate, "terminate", "TERM, or INT without a foreground command"},
    {E::command_started, "command started", "the foreground command has its process"},
    {E::command_ended, "command ended", "the foreground command has ended"},
    {E::critical_failed, "critical failed", "a critical service is not started again"},
    {E::stray_ended, "stray ended", "a process that is no service's own has ended"},
    {E::services_gone, "services gone", "neither a service nor the command runs any more"},
    {E::nobody_left, "nobody left", "no process is left"},
    {E::tell_due, "tell due", "time: whoever has had no stop signal gets it"},
    {E::kill_due, "kill due", "time: KILL to all"},
    {E::look_due, "look due", "time: is anybody left?"},
    {E::limit_over, "limit over", "time: the whole stop has had its limit, or nobody is left"},
}};
static_assert(is_whole(events, E::terminate, E::limit_over));

constexpr std::array<Meaning<M>, 13> moves = {{
    {M::none, "·", "nothing"},
    {M::stop, "stop", "services are told, in reverse order of need", to(stopping)},
    {M::insist, "insist", "a second TERM kills all at once; the first is noted where the pod stops already"},
    {M::take_command, "take command", "its pid is known"},
    {M::end_with_command, "end with command", "its exit code is the pod's, which stops", to(stopping)},
    {M::note_code, "note code", "its exit code is the pod's, unless a critical service has decided it"},
    {M::fail, "fail", "as `stop`, with exit code 70", to(stopping)},
    {M::sweep, "sweep", "whatever is left has TERM", to(sweeping)},
    {M::look, "look", "at what is left"},
    {M::end_now, "end now", "the limit is now"},
    {M::tell_all, "tell all", "needed or not, strays too", to(sweeping)},
    {M::kill_all, "kill all", "each process that is there"},
    {M::leave, "leave", "the launcher ends", to(over)},
}};
static_assert(is_whole(moves, M::none, M::leave));

}  // namespace pod_table

// --- one kernel -----------------------------------------------------------------------------------------------------

namespace kernel_table {

using enum KernelPhase;
using E = KernelEvent;
using M = KernelMove;
using enum KernelMove;
constexpr M o = none;
constexpr std::size_t states = static_cast<std::size_t>(failed) + 1;

constexpr std::array<M, states> always(M move) {
    std::array<M, states> out{};
    out.fill(move);
    return out;
}

// clang-format off
constexpr std::array<Row<E, M, states>, 17> rows = {{
    //                     waiting    compiling available active   degraded     off    failed
    {E::pod_started,      {heed_mode, o,        o,        o,       o,           o,     o}},
    {E::gpu_known,        {judge,     o,        o,        o,       o,           o,     o}},
    {E::retry_asked,      always(retry)},
    {E::off_asked,        always(switch_off)},
    {E::activated,        always(take_place)},
    {E::deactivated,      always(take_away)},
    {E::matched,          always(take_match)},
    {E::checked,          always(take_check)},
    {E::compiled,         always(take_job)},
    {E::progressed,       always(take_progress)},
    {E::service_degraded, {o,         o,        degrade,  degrade, o,           o,     o}},
    {E::service_ready,    {o,         o,        check,    o,       o,           o,     o}},
    {E::service_starts,   {o,         o,        o,        o,       trust_again, o,     o}},
    {E::service_failed,   always(give_up)},
    {E::helper_overdue,   always(end_helper)},
    {E::try_due,          always(compile)},
    {E::pod_stops,        always(end_work)},
}};
// clang-format on
static_assert(is_whole(rows, E::pod_stops));

constexpr std::array<Meaning<E>, 17> events = {{
    {E::pod_started, "pod started", ""},
    {E::gpu_known, "GPU known", "the probe has answered, and no person has switched the kernel off"},
    {E::retry_asked, "retry asked", "by a person; before the probe has answered it takes `off` back"},
    {E::off_asked, "off asked", "by a person"},
    {E::activated, "activated", "a helper has put files in place, or could not"},
    {E::deactivated, "deactivated", "a helper has taken them away, or could not"},
    {E::matched, "matched", "a helper has compared torch, before the start of a service"},
    {E::checked, "checked", "its self-test has ended"},
    {E::compiled, "compiled", "its job has ended"},
    {E::progressed, "progressed", "its job says how far it is"},
    {E::service_degraded, "service degraded", "the log of a service that runs with it says that it fell back"},
    {E::service_ready, "service ready", "one that runs with it"},
    {E::service_starts, "service starts", "one that runs with it"},
    {E::service_failed, "service failed", "one ended twice with it before it was ready"},
    {E::helper_overdue, "helper overdue", "time: its helper has had its own"},
    {E::try_due, "try due", "time: its job is started again"},
    {E::pod_stops, "pod stops", "the stop of the pod begins"},
}};
static_assert(is_whole(events, E::pod_started, E::pod_stops));

constexpr std::array<Meaning<M>, 18> moves = {{
    {M::none, "·", "nothing"},
    {M::heed_mode, "heed mode", "off where the pod's variable says so", to(off)},
    {M::judge, "judge", "a variant is put in place, or compiled, or there is none for this GPU", to(compiling, off)},
    {M::retry, "retry", "as `judge`, unless it is in place or put there, is being compiled, or its mode is off",
     to(waiting, compiling, off)},
    {M::switch_off, "switch off", "it is taken away, and its job ends", to(off)},
    {M::take_place, "take place", "services may start with it, or with its fallback; off or failed where it could not",
     to(available, off, failed)},
    {M::take_away, "take away", "said where it could not"},
    {M::take_match, "take match", "taken away where it is another torch", to(off)},
    {M::take_check, "take check", "active when it computed, taken away when it did not", to(active, failed)},
    {M::take_job, "take job", "its files are put in place; tried again later where the cause passes by itself",
     to(waiting, available, off, failed)},
    {M::take_progress, "take progress", "shown in the status"},
    {M::degrade, "degrade", "shown in the status", to(degraded)},
    {M::check, "check", "its self-test begins, once"},
    {M::trust_again, "trust again", "until the log says it again", to(available)},
    {M::give_up, "give up", "taken away where it is in place", to(failed)},
    {M::end_helper, "end helper", "KILL"},
    {M::compile, "compile", "its job starts", to(compiling)},
    {M::end_work, "end work", "its helper and its job are told to end"},
}};
static_assert(is_whole(moves, M::none, M::end_work));

}  // namespace kernel_table

ServiceMove move_of(Phase phase, ServiceEvent event) {
    return service_table::rows[static_cast<std::size_t>(event)].moves[static_cast<std::size_t>(phase)];
}
PodMove move_of(Mode mode, PodEvent event) {
    return pod_table::rows[static_cast<std::size_t>(event)].moves[static_cast<std::size_t>(mode)];
}
KernelMove move_of(KernelPhase phase, KernelEvent event) {
    return kernel_table::rows[static_cast<std::size_t>(event)].moves[static_cast<std::size_t>(phase)];
}

std::span<const Meaning<ServiceEvent>> service_events() { return service_table::events; }
std::span<const Meaning<ServiceMove>> service_moves() { return service_table::moves; }
std::span<const Meaning<PodEvent>> pod_events() { return pod_table::events; }
std::span<const Meaning<PodMove>> pod_moves() { return pod_table::moves; }
std::span<const Meaning<KernelEvent>> kernel_events() { return kernel_table::events; }
std::span<const Meaning<KernelMove>> kernel_moves() { return kernel_table::moves; }

}  // namespace tmplbuild::launch
