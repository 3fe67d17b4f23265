// SPDX-License-Identifier: Apache-2.0
// The verdict about the host and about each kernel, and the choice of the table's entry for a kernel's event.
#include "supervisor/kernel_steps.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tmplbuild::launch {

namespace {

// After this time, services that use a kernel start even where the driver has not answered.
constexpr Time verdict_wait_ms = 10'000;

}  // namespace

const char* to_string(KernelPhase phase) {
    switch (phase) {
        case KernelPhase::waiting:
            return "waiting";
        case KernelPhase::compiling:
            return "compiling";
        case KernelPhase::available:
            return "available";
        case KernelPhase::active:
            return "active";
        case KernelPhase::degraded:
            return "degraded";
        case KernelPhase::off:
            return "off";
        case KernelPhase::failed:
            return "failed";
    }
    return "failed";
}

bool KernelSteps::uses(std::size_t i, std::size_t k) const {
    const auto& names = spec_.services[i].uses_kernels;
    return std::find(names.begin(), names.end(), spec_.kernels[k].name) != names.end();
}

bool KernelSteps::all_in_place(std::size_t i) const {
    bool any = false;
    for (std::size_t k = 0; k < spec_.kernels.size(); ++k) {
        if (!uses(i, k)) continue;
        any = true;
        if (!state_.kernels[k].in_place) return false;
    }
    return any;
}

void KernelSteps::say(const std::string& who, const std::string& text) {
    actions_.push_back({.kind = Action::Kind::say, .text = text, .who = who});
}

void KernelSteps::enter(std::size_t k, KernelPhase phase, std::string reason) {
    at(k).phase = phase;
    at(k).since = now_;
    at(k).reason = std::move(reason);
}

// What a move needs to know. `event.service` is set for events about a service.
struct KernelSteps::Cause {
    std::size_t k;
    const Event& event;
    const KernelTask* task;
};

// The function of each move, in the order of the moves: a missing one does not compile.
struct KernelSteps::Moves {
    using M = KernelMove;
    using T = KernelSteps;
    using C = Cause;
    struct Entry {
        M move;
        void (*carry_out)(T&, const C&);
    };

    static constexpr std::array<Entry, 18> all = {{
        {M::none, [](T&, const C&) {}},
        {M::heed_mode, [](T& t, const C& c) { t.heed_mode(c.k); }},
        {M::judge, [](T& t, const C& c) { t.judge(c.k); }},
        {M::retry, [](T& t, const C& c) { t.retry(c.k); }},
        {M::switch_off, [](T& t, const C& c) { t.switch_off(c.k); }},
        {M::take_place, [](T& t, const C& c) { t.take_place(c.k, *c.task, c.event); }},
        {M::take_away, [](T& t, const C& c) { t.take_away(c.k, c.event); }},
        {M::take_match, [](T& t, const C& c) { t.take_match(c.k, *c.task, c.event); }},
        {M::take_check, [](T& t, const C& c) { t.take_check(c.k, c.event); }},
        {M::take_job, [](T& t, const C& c) { t.take_job(c.k, c.event); }},
        {M::take_progress, [](T& t, const C& c) { t.take_progress(c.k, c.event); }},
        {M::degrade, [](T& t, const C& c) { t.degrade(c.k, c.event); }},
        {M::check, [](T& t, const C& c) { t.check(c.k, c.event.service); }},
        {M::trust_again, [](T& t, const C& c) { t.trust_again(c.k); }},
        {M::give_up, [](T& t, const C& c) { t.give_up_after_ends(c.k, c.event.service); }},
        {M::end_helper, [](T& t, const C& c) { t.end_helper(c.k); }},
        {M::compile, [](T& t, const C& c) { t.compile(c.k); }},
        {M::end_work, [](T& t, const C& c) { t.end_work(c.k); }},
    }};
    static constexpr bool is_whole() {
        for (std::size_t n = 0; n < all.size(); ++n)
            if (static_cast<std::size_t>(all[n].move) != n + 1) return false;  // +1 because of `forgotten`
        return all.back().move == M::end_work;
    }
};

void KernelSteps::happens(std::size_t k, KernelEvent what, const Event& event, const KernelTask* task) {
    static_assert(Moves::is_whole());
    // Once the pod stops, helpers and jobs were told to end: their answers, and requests of people, start nothing any
    // more.
    if (state_.mode != Mode::running && what != KernelEvent::pod_stops) return;
    const KernelMove move = move_of(at(k).phase, what);
    follow(trace_ == nullptr ? nullptr : &trace_->kernels, k, at(k).phase, what, move, [&] {
        Moves::all[static_cast<std::size_t>(move) - 1].carry_out(*this, {k, event, task});
    });
}

void KernelSteps::start() {
    bool wanted = !spec_.kernels.empty() || !spec_.cuda.empty();
    for (std::size_t i = 0; i < spec_.services.size(); ++i) wanted = wanted || wants_host(i);
    if (!wanted) return;
    state_.host.verdict.state = gpu::HostState::probing;
    state_.host.decide_by = now_ + verdict_wait_ms;
    for (std::size_t k = 0; k < spec_.kernels.size(); ++k) {
        at(k).since = now_;
        happens(k, KernelEvent::pod_started);
    }
}

void KernelSteps::heed_mode(std::size_t k) {
    if (spec_.kernels[k].install != pod::InstallMode::off) return;
    enter(k, KernelPhase::off, spec_.kernels[k].env_var + " is off");
    at(k).settled = true;
}

void KernelSteps::services_started() {
    if (state_.host.verdict.state != gpu::HostState::probing) return;
    actions_.push_back({.kind = Action::Kind::ask_gpu});
    for (std::size_t k = 0; k < spec_.kernels.size(); ++k)
        if (spec_.kernels[k].install == pod::InstallMode::off) push(k, {.kind = KernelTask::Kind::deactivate});
}

void KernelSteps::take_gpu(const Event& event) {
    auto& host = state_.host;
    if (host.decided) return;
    host.decided = true;
    if (event.ok) {
        auto answer = gpu::parse_answer(event.text);
        host.verdict =
            answer ? gpu::judge_host(*answer, spec_) : gpu::HostVerdict{gpu::HostState::failed, answer.error().message};
        if (answer) host.answer = std::move(*answer);
    } else {
        host.verdict = {gpu::HostState::failed, event.text};
    }
    say("gpu", (host.answer.simulated ? "(simulated) " : "") + std::string(to_string(host.verdict.state)) + ": " +
                   host.verdict.reason);
    for (std::size_t k = 0; k < spec_.kernels.size(); ++k)
        if (spec_.kernels[k].install != pod::InstallMode::off && !at(k).put_off) happens(k, KernelEvent::gpu_known);
}

void KernelSteps::judge(std::size_t k) {
    KernelState& kernel = at(k);
    const pod::Kernel& spec = spec_.kernels[k];
    const auto& host = state_.host;
    kernel.simulated = host.answer.simulated;
    kernel.settled = false;
    if (host.verdict.state != gpu::HostState::usable) {
        kernel.settled = true;
        enter(k, KernelPhase::off, host.verdict.reason);
        say(spec.name, "off: " + kernel.reason);
        return push(k, {.kind = KernelTask::Kind::deactivate});
    }
    kernel.verdict = gpu::judge_kernel(spec, host.answer);
    kernel.judged = true;
    const std::string gpus = host.verdict.reason + ": " + spec.name + " ";
    if (kernel.verdict.variant) {
        const pod::KernelVariant& variant = spec.variants[*kernel.verdict.variant];
        enter(k, KernelPhase::waiting, "its files are put in place");
        say(spec.name, gpus + "variant sm_" + variant.arch + ", " + kernel::to_string(kernel.verdict.verdict) +
                           (kernel.simulated ? " (simulated)" : ""));
        return activate(k, variant.directory, kernel.verdict.digest);
    }
    say(spec.name, gpus + kernel::to_string(kernel.verdict.verdict) + ", " + kernel.verdict.reason);
    const bool can_compile =
        !kernel.verdict.arch.empty() && !spec.build.command.empty() && spec.install != pod::InstallMode::prebuilt;
    enter(k, KernelPhase::off, kernel.verdict.reason);
    // This container may have run before on another GPU, whose variant may still be in place.
    if (!kernel.in_place && !is_being_placed(k, Files::fallback)) push(k, {.kind = KernelTask::Kind::deactivate});
    if (can_compile) compile(k);
    kernel.settled = !can_compile || spec.install == pod::InstallMode::background;
    use_fallback(k);
}

// A person asked for another try. A kernel that is in place, or is being put in place, needs none.
void KernelSteps::retry(std::size_t k) {
    const bool was_put_off = std::exchange(at(k).put_off, false);
    if (spec_.kernels[k].install == pod::InstallMode::off) return;
    if (!state_.host.decided) {
        if (!was_put_off) return;
        at(k).settled = false;
        return enter(k, KernelPhase::waiting, "");
    }
    if (at(k).compiling || is_being_placed(k, Files::variant)) return;
    if (at(k).in_place && !at(k).fallback) return;
    at(k).ask_anew = true;
    at(k).next_try = never;
    at(k).retries = at(k).damaged = 0;
    for (auto& s : state_.services) s.early_ends = 0;
    judge(k);
}

void KernelSteps::switch_off(std::size_t k) {
    at(k).put_off = true;
    withdraw(k, KernelPhase::off, "switched off by a person");
}

// Puts the recipe's fallback, a slower package of the same name, in place. Services wait for it as for a variant.
void KernelSteps::use_fallback(std::size_t k) {
    const pod::Kernel& spec = spec_.kernels[k];
    if (at(k).in_place || !gpu::fallback_serves(spec, state_.host.answer)) return;
    at(k).settled = false;
    if (is_being_placed(k, Files::fallback)) return;
    push(k, {.kind = KernelTask::Kind::activate,
             .directory = spec.fallback.directory,
             .distribution = spec.fallback.distribution,
             .version = spec.fallback.version});
}

void KernelSteps::tick() {
    for (std::size_t k = 0; k < state_.kernels.size(); ++k)
        if (now_ >= at(k).task_by) happens(k, KernelEvent::helper_overdue);
    for (std::size_t k = 0; k < state_.kernels.size(); ++k)
        if (now_ >= at(k).next_try) happens(k, KernelEvent::try_due);
    if (now_ >= state_.host.decide_by) {
        state_.host.decide_by = never;
        state_.host.waited = true;
        if (!state_.host.decided) {
            state_.host.verdict.reason = "the driver has not answered yet; services start without it";
            say("gpu", state_.host.verdict.reason);
        }
    }
}

void KernelSteps::stop() {
    for (std::size_t k = 0; k < state_.kernels.size(); ++k) happens(k, KernelEvent::pod_stops);
    for (auto& s : state_.services) s.idle_due = never;
    state_.host.decide_by = never;
}

Time kernels_due(const PodState& state) {
    Time due = state.host.decide_by;
    for (const auto& kernel : state.kernels) due = std::min({due, kernel.task_by, kernel.next_try});
    for (const auto& s : state.services) due = std::min(due, s.idle_due);
    return due;
}

}  // namespace tmplbuild::launch
