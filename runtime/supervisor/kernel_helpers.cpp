// SPDX-License-Identifier: Apache-2.0
// The tasks of helpers for a kernel, one at a time (putting files in place, taking them away, comparing torch, the
// self-test), and what their answers mean.
#include <algorithm>
#include <csignal>
#include <utility>

#include "supervisor/kernel_steps.hpp"

namespace tmplbuild::launch {

namespace {

constexpr Time task_ms = 120'000;      // limit for a helper: hashing a variant takes a second, from a slow disk longer
constexpr Time check_ms = 600'000;     // limit for a self-test: importing torch takes a while on a busy pod
constexpr int code_cannot_here = 3;    // a helper's exit code: the kernel is fine, and this pod has no place for it
constexpr int code_no_gpu = 77;        // a self-test's exit code: it found no GPU
constexpr int code_not_started = 126;  // this exit code and the next one (127) mean that it could not be started

}  // namespace

bool KernelSteps::is_fallback(std::size_t k, const KernelTask& task) const {
    const std::string& directory = spec_.kernels[k].fallback.directory;
    return !directory.empty() && task.directory == directory;
}

bool KernelSteps::is_being_placed(std::size_t k, Files files) {
    return std::any_of(at(k).tasks.begin(), at(k).tasks.end(), [&](const KernelTask& task) {
        return task.kind == KernelTask::Kind::activate && !task.abandoned &&
               is_fallback(k, task) == (files == Files::fallback);
    });
}

void KernelSteps::push(std::size_t k, KernelTask task) {
    at(k).tasks.push_back(std::move(task));
    if (at(k).tasks.size() == 1) run_first(k);
}

void KernelSteps::activate(std::size_t k, const std::string& directory, const std::string& digest) {
    push(k, {.kind = KernelTask::Kind::activate,
             .directory = directory,
             .digest = digest,
             .distribution = spec_.kernels[k].distribution,
             .version = spec_.kernels[k].version});
}

// A helper or the job has failed: services no longer wait for the kernel, except for a fallback that is being put in
// place.
void KernelSteps::give_up(std::size_t k, const Event& event) {
    at(k).settled = !is_being_placed(k, Files::fallback);
    enter(k, event.code == code_cannot_here ? KernelPhase::off : KernelPhase::failed, event.text);
    say(spec_.kernels[k].name, std::string(to_string(at(k).phase)) + ": " + event.text);
}

void KernelSteps::run_first(std::size_t k) {
    const bool check = at(k).tasks.front().kind == KernelTask::Kind::check;
    at(k).task_by = now_ + (check ? check_ms : task_ms);
    actions_.push_back({.kind = Action::Kind::kernel_task, .kernel = k});
}

void KernelSteps::task_done(std::size_t k, const Event& event) {
    if (at(k).tasks.empty()) return;
    const KernelTask task = std::move(at(k).tasks.front());
    at(k).tasks.pop_front();
    at(k).task_by = never;
    const bool counts = !task.abandoned || task.kind == KernelTask::Kind::deactivate;
    if (counts) answered(k, task, event);
    if (!at(k).tasks.empty() && at(k).task_by == never && state_.mode == Mode::running) run_first(k);
}

void KernelSteps::answered(std::size_t k, const KernelTask& task, const Event& event) {
    switch (task.kind) {
        case KernelTask::Kind::activate:
            return happens(k, KernelEvent::activated, event, &task);
        case KernelTask::Kind::deactivate:
            return happens(k, KernelEvent::deactivated, event, &task);
        case KernelTask::Kind::match:
            return happens(k, KernelEvent::matched, event, &task);
        case KernelTask::Kind::check:
            return happens(k, KernelEvent::checked, event, &task);
    }
}

void KernelSteps::take_away(std::size_t k, const Event& event) {
    if (!event.ok) say(spec_.kernels[k].name, "could not be taken away: " + event.text);
}

void KernelSteps::take_match(std::size_t k, const KernelTask& task, const Event& event) {
    if (task.service < state_.services.size()) state_.services[task.service].torch_matches = event.ok;
    if (!event.ok && at(k).in_place) withdraw(k, KernelPhase::off, event.text);
}

void KernelSteps::take_place(std::size_t k, const KernelTask& task, const Event& event) {
    KernelState& kernel = at(k);
    const pod::Kernel& spec = spec_.kernels[k];
    const bool fallback = is_fallback(k, task);
    kernel.settled = spec.install == pod::InstallMode::background || !kernel.compiling;
    if (!event.ok) return cannot_place(k, fallback, event);
    kernel.in_place = true;
    kernel.fallback = fallback;
    kernel.checked = fallback;  // the self-test is for variants, so a fallback counts as checked
    if (fallback) {
        const std::string words = "until then, or instead, " + spec.fallback.distribution + " " + spec.fallback.version;
        if (!kernel.compiling) enter(k, KernelPhase::available, kernel.reason + "; " + words);
        say(spec.name, words + " is used");
    } else {
        enter(k, KernelPhase::available, kernel.simulated ? "simulated" : "not checked on this GPU yet");
        say(spec.name, std::string("available") + (kernel.simulated ? " (simulated)" : ""));
    }
    // The helper has just compared torch, so the next start does not compare it again.
    std::size_t user = spec_.services.size();
    for (std::size_t i = 0; i < spec_.services.size(); ++i) {
        if (!uses(i, k)) continue;
        user = std::min(user, i);
        state_.services[i].torch_matches = true;
        const bool as_before = fallback && state_.services[i].with_kernel;
        if (state_.services[i].pid != 0 && all_in_place(i) && !as_before) renew(i);
    }
    if (user == spec_.services.size()) check(k, user);
}

// The helper may have ended at any point and the old files may be gone, so a fallback is put in place again.
void KernelSteps::cannot_place(std::size_t k, bool fallback, const Event& event) {
    at(k).in_place = at(k).fallback = false;
    if (!fallback) {
        give_up(k, event);
        push(k, {.kind = KernelTask::Kind::deactivate});
        use_fallback(k);
        if (is_being_placed(k, Files::fallback)) return;
    } else {
        say(spec_.kernels[k].name, "its fallback cannot be used: " + event.text);
    }
    renew_users(k);
}

void KernelSteps::check(std::size_t k, std::size_t service) {
    if (at(k).checked || at(k).simulated || at(k).phase != KernelPhase::available) return;
    at(k).checked = true;
    if (spec_.kernels[k].selftest.empty()) {
        at(k).reason = "its recipe has no self-test, so nothing says that it computes";
        return;
    }
    push(k, {.kind = KernelTask::Kind::check, .service = service});
}

void KernelSteps::take_check(std::size_t k, const Event& event) {
    if (!at(k).in_place || at(k).fallback) return;
    const std::string& name = spec_.kernels[k].name;
    if (event.ok) {
        if (at(k).phase == KernelPhase::available)
            enter(k, KernelPhase::active, "its self-test computed: " + event.text);
        return say(name, "active: " + at(k).reason);
    }
    if (event.code == code_no_gpu || event.code == code_not_started || event.code == code_not_started + 1) {
        at(k).reason = "its self-test checked nothing: " + event.text;
        return say(name, "available, not active: " + at(k).reason);
    }
    withdraw(k, KernelPhase::failed, "its self-test failed: " + event.text);
}

// Takes away what is in place. Services that run with it are treated according to their on_kernel_ready.
void KernelSteps::withdraw(std::size_t k, KernelPhase phase, const std::string& reason) {
    KernelState& kernel = at(k);
    const bool was = kernel.in_place;
    if (kernel.compiling) actions_.push_back({.kind = Action::Kind::end_kernel_compile, .kernel = k});
    kernel.in_place = kernel.fallback = kernel.compiling = false;
    kernel.settled = true;
    kernel.next_try = never;
    enter(k, phase, reason);
    say(spec_.kernels[k].name, std::string(to_string(phase)) + ": " + reason);
    while (kernel.tasks.size() > 1) kernel.tasks.pop_back();
    if (!kernel.tasks.empty()) kernel.tasks.front().abandoned = true;
    if (was || !kernel.tasks.empty()) push(k, {.kind = KernelTask::Kind::deactivate});
    renew_users(k);
}

// Renews the services that run with a kernel which is no longer in place.
void KernelSteps::renew_users(std::size_t k) {
    for (std::size_t i = 0; i < spec_.services.size(); ++i)
        if (uses(i, k) && state_.services[i].with_kernel && state_.services[i].pid != 0) renew(i);
}

void KernelSteps::end_helper(std::size_t k) {
    at(k).task_by = never;
    actions_.push_back({.kind = Action::Kind::end_kernel_task, .kernel = k, .signal = SIGKILL});
}

void KernelSteps::end_work(std::size_t k) {
    if (at(k).compiling) actions_.push_back({.kind = Action::Kind::end_kernel_compile, .kernel = k});
    if (!at(k).tasks.empty())
        actions_.push_back({.kind = Action::Kind::end_kernel_task, .kernel = k, .signal = SIGTERM});
    at(k).task_by = at(k).next_try = never;
}

}  // namespace tmplbuild::launch
