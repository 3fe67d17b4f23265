// SPDX-License-Identifier: Apache-2.0
#include "supervisor/kernel_steps.hpp"

#include <algorithm>
#include <csignal>

#include "podspec/names.hpp"

namespace tmplbuild::launch {

namespace {

constexpr Time verdict_wait_ms = 10'000;  // services that use a kernel start then, whatever is known
constexpr Time task_ms = 120'000;         // of a helper: hashing a variant takes a second, from a slow disk more
constexpr Time check_ms = 600'000;        // of a self-test: importing torch on a busy pod takes a while
constexpr int code_cannot_here = 3;    // a helper's exit code: nothing is wrong with the kernel, this pod has no place
constexpr int code_no_gpu = 77;        // a self-test's
constexpr int code_not_started = 126;  // … and above, up to 127: it did not run

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

void KernelSteps::handle(const Event& event) {
    using Kind = Event::Kind;
    const std::size_t k = event.kernel, i = event.service;
    const bool kernel_known = k < state_.kernels.size(), service_known = i < state_.services.size();
    switch (event.kind) {
        case Kind::start:
            return start();
        case Kind::gpu_answered:
            return on_gpu(event);
        case Kind::kernel_done:
            return kernel_known ? on_task_done(k, event) : void();
        case Kind::kernel_compiled:
            return kernel_known ? on_compiled(k, event) : void();
        case Kind::kernel_progress:
            return kernel_known ? on_progress(k, event) : void();
        case Kind::kernel_retry:
            if (kernel_known) at(k).put_off = false;
            if (!kernel_known || at(k).compiling || !state_.host.decided ||
                spec_.kernels[k].install == pod::InstallMode::off)
                return;
            if (at(k).in_place && !at(k).fallback) return;
            at(k).ask_anew = true;
            at(k).next_try = never;
            at(k).hindered = at(k).damaged = 0;
            for (auto& s : state_.services) s.early_ends = 0;
            return judge(k);
        case Kind::kernel_off:
            if (!kernel_known) return;
            at(k).put_off = true;
            return withdraw(k, KernelPhase::off, "switched off by a person");
        case Kind::service_degraded:
            for (std::size_t each = 0; service_known && each < state_.kernels.size(); ++each) {
                const bool in_use = uses(i, each) && state_.services[i].with_kernel;
                if (!in_use || (at(each).phase != KernelPhase::active && at(each).phase != KernelPhase::available))
                    continue;
                enter(each, KernelPhase::degraded, spec_.services[i].name + " says: " + event.text);
                say(spec_.kernels[each].name, "degraded: " + at(each).reason);
            }
            return;
        case Kind::idle_answered:
            return service_known ? on_idle(i, event.ok) : void();
        default:
            return;
    }
}

// --- the host's verdict, and each kernel's ------------------------------------------------------------------------

void KernelSteps::start() {
    bool wanted = !spec_.kernels.empty() || !spec_.cuda.empty();
    for (std::size_t i = 0; i < spec_.services.size(); ++i) wanted = wanted || wants_host(i);
    if (!wanted) return;
    state_.host.verdict.state = gpu::HostState::probing;
    state_.host.decide_by = now_ + verdict_wait_ms;
    for (std::size_t k = 0; k < spec_.kernels.size(); ++k) {
        at(k).since = now_;
        if (spec_.kernels[k].install != pod::InstallMode::off) continue;
        enter(k, KernelPhase::off, spec_.kernels[k].env_var + " is false");
        at(k).settled = true;
    }
}

void KernelSteps::services_started() {
    if (state_.host.verdict.state != gpu::HostState::probing) return;
    actions_.push_back({.kind = Action::Kind::ask_gpu});
    for (std::size_t k = 0; k < spec_.kernels.size(); ++k)
        if (spec_.kernels[k].install == pod::InstallMode::off) push(k, {.kind = KernelTask::Kind::deactivate});
}

void KernelSteps::on_gpu(const Event& event) {
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
        if (spec_.kernels[k].install != pod::InstallMode::off && !at(k).put_off) judge(k);
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
    const bool can_compile = !kernel.verdict.arch.empty() && !spec.build.command.empty();
    enter(k, KernelPhase::off, kernel.verdict.reason);
    // An earlier life of this container, on another GPU, may have left its own in place.
    if (!kernel.in_place) push(k, {.kind = KernelTask::Kind::deactivate});
    if (can_compile) compile(k);
    kernel.settled = !can_compile || spec.install == pod::InstallMode::background;
    use_fallback(k);
}

// Something slower of the same name, where the recipe has it; services wait for it as for a variant.
void KernelSteps::use_fallback(std::size_t k) {
    const pod::Kernel& spec = spec_.kernels[k];
    if (at(k).in_place || !gpu::fallback_serves(spec, state_.host.answer)) return;
    at(k).settled = false;
    push(k, {.kind = KernelTask::Kind::activate,
             .directory = spec.fallback.directory,
             .distribution = spec.fallback.distribution,
             .version = spec.fallback.version});
}

// --- helpers' work ------------------------------------------------------------------------------------------------

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

// After a helper's or the job's no: there is nothing more to wait for.
void KernelSteps::give_up(std::size_t k, const Event& event) {
    at(k).settled = true;
    enter(k, event.code == code_cannot_here ? KernelPhase::off : KernelPhase::failed, event.text);
    say(spec_.kernels[k].name, std::string(to_string(at(k).phase)) + ": " + event.text);
}

void KernelSteps::run_first(std::size_t k) {
    const bool check = at(k).tasks.front().kind == KernelTask::Kind::check;
    at(k).task_by = now_ + (check ? check_ms : task_ms);
    actions_.push_back({.kind = Action::Kind::kernel_task, .kernel = k});
}

void KernelSteps::on_task_done(std::size_t k, const Event& event) {
    if (at(k).tasks.empty()) return;
    const KernelTask task = std::move(at(k).tasks.front());
    at(k).tasks.pop_front();
    at(k).task_by = never;
    const bool counts = !task.abandoned || task.kind == KernelTask::Kind::deactivate;
    if (counts) on_task_answer(k, task, event);
    if (!at(k).tasks.empty() && at(k).task_by == never) run_first(k);
}

void KernelSteps::on_task_answer(std::size_t k, const KernelTask& task, const Event& event) {
    switch (task.kind) {
        case KernelTask::Kind::activate:
            on_activated(k, task, event);
            break;
        case KernelTask::Kind::deactivate:
            if (!event.ok) say(spec_.kernels[k].name, "could not be taken away: " + event.text);
            break;
        case KernelTask::Kind::match:
            if (task.service < state_.services.size()) state_.services[task.service].torch_matches = event.ok;
            if (!event.ok && at(k).in_place) withdraw(k, KernelPhase::off, event.text);
            break;
        case KernelTask::Kind::check:
            on_checked(k, event);
            break;
    }
}

void KernelSteps::on_activated(std::size_t k, const KernelTask& task, const Event& event) {
    KernelState& kernel = at(k);
    const pod::Kernel& spec = spec_.kernels[k];
    const bool fallback = !spec.fallback.directory.empty() && task.directory == spec.fallback.directory;
    kernel.settled = spec.install == pod::InstallMode::background || !kernel.compiling;
    if (!event.ok) {
        if (fallback) return say(spec.name, "its fallback cannot be used: " + event.text);
        give_up(k, event);
        return push(k, {.kind = KernelTask::Kind::deactivate});
    }
    kernel.in_place = true;
    kernel.fallback = fallback;
    kernel.checked = fallback;  // the self-test is the variant's
    if (fallback) {
        const std::string words = "until then, or instead, " + spec.fallback.distribution + " " + spec.fallback.version;
        if (!kernel.compiling) enter(k, KernelPhase::available, kernel.reason + "; " + words);
        say(spec.name, words + " is used");
    } else {
        enter(k, KernelPhase::available, kernel.simulated ? "simulated" : "not checked on this GPU yet");
        say(spec.name, std::string("available") + (kernel.simulated ? " (simulated)" : ""));
    }
    // The helper has just compared torch.
    std::size_t user = spec_.services.size();
    for (std::size_t i = 0; i < spec_.services.size(); ++i) {
        if (!uses(i, k)) continue;
        user = std::min(user, i);
        state_.services[i].torch_matches = true;
        if (state_.services[i].pid != 0 && all_in_place(i)) renew(i);
    }
    if (user == spec_.services.size()) check(k, user);
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

void KernelSteps::on_checked(std::size_t k, const Event& event) {
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

// Away with what is in place; services that run with it are treated by their on_kernel_ready.
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
    for (std::size_t i = 0; i < spec_.services.size(); ++i)
        if (uses(i, k) && state_.services[i].with_kernel && state_.services[i].pid != 0) renew(i);
}

// --- time and the end -----------------------------------------------------------------------------------------------

void KernelSteps::tick() {
    for (std::size_t k = 0; k < state_.kernels.size(); ++k) {
        if (now_ < at(k).task_by) continue;
        at(k).task_by = never;
        actions_.push_back({.kind = Action::Kind::end_kernel_task, .kernel = k, .signal = SIGKILL});
    }
    try_again();
    if (now_ >= state_.host.decide_by) {
        state_.host.decide_by = never;
        state_.host.waited = true;
        if (!state_.host.decided) {
            state_.host.verdict.reason = "the driver has not answered yet; services start without it";
            say("gpu", state_.host.verdict.reason);
        }
    }
    ask_idle();
}

void KernelSteps::stop() {
    for (std::size_t k = 0; k < state_.kernels.size(); ++k) {
        if (at(k).compiling) actions_.push_back({.kind = Action::Kind::end_kernel_compile, .kernel = k});
        if (!at(k).tasks.empty())
            actions_.push_back({.kind = Action::Kind::end_kernel_task, .kernel = k, .signal = SIGTERM});
        at(k).task_by = at(k).next_try = never;
    }
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
