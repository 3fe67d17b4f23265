// SPDX-License-Identifier: Apache-2.0
// What kernels mean for services: when a service may start, with which arguments, and when it is restarted for a
// kernel.
#include <algorithm>

#include "supervisor/kernel_steps.hpp"

namespace tmplbuild::launch {

static constexpr Time idle_pause_ms = 5'000;  // between two questions about idleness
static constexpr int early_ends_limit = 2;

bool KernelSteps::may_start(std::size_t i, std::string& missing) {
    if (!wants_host(i)) return true;
    const bool waited = state_.host.waited;
    if (!state_.host.decided && !waited) {
        missing = "waits for the GPU's verdict";
        return false;
    }
    for (std::size_t k = 0; k < spec_.kernels.size(); ++k) {
        if (!uses(i, k) || at(k).settled || !state_.host.decided) continue;
        const bool required = spec_.kernels[k].install == pod::InstallMode::required;
        if (waited && !required) continue;
        missing = "waits for the kernel " + spec_.kernels[k].name + ", which is " + to_string(at(k).phase);
        return false;
    }
    if (!all_in_place(i) || state_.services[i].torch_matches) return true;
    for (std::size_t k = 0; k < spec_.kernels.size(); ++k) {
        if (!uses(i, k) || spec_.kernels[k].python.torch_git_version.empty()) continue;
        missing = "torch is compared with the kernel " + spec_.kernels[k].name;
        const auto& tasks = at(k).tasks;
        const bool asked = std::any_of(tasks.begin(), tasks.end(), [&](const KernelTask& task) {
            return task.kind == KernelTask::Kind::match && task.service == i;
        });
        if (!asked) push(k, {.kind = KernelTask::Kind::match, .service = i});
        return false;
    }
    return true;
}

void KernelSteps::service_starts(std::size_t i) {
    ServiceState& s = state_.services[i];
    s.with_kernel = all_in_place(i);
    const bool asked = state_.host.verdict.state != gpu::HostState::unknown;
    s.without_gpu = asked && wants_host(i) && state_.host.verdict.state != gpu::HostState::usable;
    s.came_up = s.torch_matches = s.stale = s.kernel_restart = s.asking_idle = false;
    s.idle_due = never;
    for (std::size_t k = 0; s.with_kernel && k < spec_.kernels.size(); ++k)
        if (uses(i, k)) happens(k, KernelEvent::service_starts, {.service = i});
}

void KernelSteps::trust_again(std::size_t k) {
    enter(k, KernelPhase::available, at(k).simulated ? "simulated" : "started again after it fell back");
}

void KernelSteps::service_ready(std::size_t i) {
    state_.services[i].came_up = true;
    state_.services[i].early_ends = 0;
    for (std::size_t k = 0; state_.services[i].with_kernel && k < spec_.kernels.size(); ++k)
        if (uses(i, k)) happens(k, KernelEvent::service_ready, {.service = i});
}

void KernelSteps::service_ended(std::size_t i, bool ordered) {
    ServiceState& s = state_.services[i];
    s.stale = s.kernel_restart = s.asking_idle = false;
    s.idle_due = never;
    if (ordered || s.came_up || !s.with_kernel) return;
    if (++s.early_ends < early_ends_limit) return;
    s.early_ends = 0;
    for (std::size_t k = 0; k < spec_.kernels.size(); ++k)
        if (uses(i, k)) happens(k, KernelEvent::service_failed, {.service = i});
}

void KernelSteps::give_up_after_ends(std::size_t k, std::size_t i) {
    if (at(k).in_place)
        withdraw(k, KernelPhase::failed,
                 spec_.services[i].name + " ended twice with it before it was ready, and starts without it now");
}

// The service's log has the line that tells of a fall back to slower code.
void KernelSteps::service_degraded(std::size_t i, const Event& event) {
    for (std::size_t k = 0; state_.services[i].with_kernel && k < state_.kernels.size(); ++k)
        if (uses(i, k)) happens(k, KernelEvent::service_degraded, event);
}

void KernelSteps::degrade(std::size_t k, const Event& event) {
    enter(k, KernelPhase::degraded, spec_.services[event.service].name + " says: " + event.text);
    say(spec_.kernels[k].name, "degraded: " + at(k).reason);
}

void KernelSteps::renew(std::size_t i) {
    ServiceState& s = state_.services[i];
    const pod::Service& service = spec_.services[i];
    if (s.stale) return;
    s.stale = true;
    const bool can_ask = !service.idle.http.empty() && service.bind_port() != 0;
    if (service.on_kernel_ready == pod::OnKernelReady::restart) {
        s.kernel_restart = true;
    } else if (service.on_kernel_ready == pod::OnKernelReady::restart_when_idle && can_ask) {
        s.idle_due = now_;
        say(service.name, "is restarted for its kernel when it is idle");
    } else {
        say(service.name, "runs on as it was started; `tmpl-ctl restart " + service.name + "` takes the change in");
    }
}

void KernelSteps::take_idle(std::size_t i, bool idle) {
    ServiceState& s = state_.services[i];
    if (!s.asking_idle) return;
    s.asking_idle = false;
    s.idle_due = now_ + idle_pause_ms;
    if (!idle) return;
    s.idle_due = never;
    s.kernel_restart = true;
}

void KernelSteps::ask_idle(std::size_t i) {
    ServiceState& s = state_.services[i];
    s.idle_due = now_ + idle_pause_ms;
    // If the last question got no answer in time, one pause passes without a question.
    s.asking_idle = s.phase == Phase::ready && !s.asking_idle;
    if (s.asking_idle) actions_.push_back({.kind = Action::Kind::ask_idle, .service = i});
}

// A service that could not wait for a late verdict was started as on a pod without a GPU. It is restarted once, when
// the verdict about its kernels is known too.
void KernelSteps::renew_for_gpu() {
    if (state_.host.verdict.state != gpu::HostState::usable) return;
    for (std::size_t i = 0; i < state_.services.size(); ++i) {
        if (!state_.services[i].without_gpu || state_.services[i].pid == 0) continue;
        bool settled = true;
        for (std::size_t k = 0; k < spec_.kernels.size(); ++k) settled = settled && (!uses(i, k) || at(k).settled);
        if (settled) renew(i);
    }
}

std::vector<std::size_t> KernelSteps::restarts() {
    renew_for_gpu();
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < state_.services.size(); ++i) {
        if (!state_.services[i].kernel_restart) continue;
        state_.services[i].kernel_restart = false;
        if (state_.services[i].pid != 0) out.push_back(i);
    }
    return out;
}

}  // namespace tmplbuild::launch
