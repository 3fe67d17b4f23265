// SPDX-License-Identifier: Apache-2.0
// What the launcher decides about a kernel's job: when it starts, what its end means, when it is tried again.
#include <algorithm>
#include <utility>

#include "supervisor/kernel_steps.hpp"

namespace tmplbuild::launch {

RetryCause parse_retry_cause(const std::string& word) {
    for (const auto& [name, cause] : {std::pair{"network", RetryCause::network},
                                      {"damaged", RetryCause::damaged},
                                      {"headroom", RetryCause::headroom},
                                      {"memory", RetryCause::memory}})
        if (word == name) return cause;
    return RetryCause::none;
}

Time retry_pause(RetryCause cause, int tries, int jitter) {
    // The first pause and the longest one. Both are longer after a compile that was ended half done, since each such
    // try costs the pod minutes of processor time.
    Time pause = 10'000, most = 600'000;
    if (cause == RetryCause::headroom) most = 60'000;
    if (cause == RetryCause::memory) pause = 60'000, most = 900'000;
    for (int n = 0; n < tries && pause < most; ++n) pause *= 2;
    pause = std::min(pause, most);
    return pause + pause * jitter / 10'000;
}

void KernelSteps::compile(std::size_t k) {
    at(k).next_try = never;
    at(k).compiling = true;
    at(k).percent = 0;
    at(k).seconds_left = -1;
    enter(k, KernelPhase::compiling, "for sm_" + at(k).verdict.arch + ", in the background");
    actions_.push_back({.kind = Action::Kind::kernel_compile, .kernel = k});
}

void KernelSteps::take_progress(std::size_t k, const Event& event) {
    if (!at(k).compiling) return;
    at(k).percent = std::clamp(event.code, 0, 99);
    at(k).seconds_left = event.status;
    if (event.text.empty() || event.text == at(k).reason) return;
    at(k).reason = event.text;
    say(spec_.kernels[k].name, event.text);
}

void KernelSteps::take_job(std::size_t k, const Event& event) {
    KernelState& kernel = at(k);
    if (!kernel.compiling) return;
    kernel.compiling = kernel.ask_anew = false;
    if (!event.ok && event.retry_cause == RetryCause::damaged) ++kernel.damaged;
    if (!event.ok && event.retry_cause != RetryCause::none && kernel.damaged < damaged_limit)
        return try_later(k, event);
    kernel.retries = kernel.damaged = 0;
    if (!event.ok) return give_up(k, event);
    kernel.percent = 100;
    kernel.verdict.verdict = gpu::verdict_of_arch(kernel.verdict.arch, state_.host.answer);
    kernel.verdict.reason = "compiled on a pod";
    enter(k, KernelPhase::waiting, "its files are put in place");
    activate(k, event.text, event.more);
}

// Services that wait for the compile (install = "true") start without it, since nobody knows how long this lasts.
void KernelSteps::try_later(std::size_t k, const Event& event) {
    KernelState& kernel = at(k);
    const Time pause = retry_pause(event.retry_cause, kernel.retries++, event.jitter);
    kernel.settled = !is_being_placed(k, Files::fallback);
    kernel.next_try = now_ + pause;
    const pod::KernelFallback& instead = spec_.kernels[k].fallback;
    if (kernel.in_place)
        enter(k, KernelPhase::available,
              event.text + "; until then, " + instead.distribution + " " + instead.version + " is used");
    else
        enter(k, KernelPhase::waiting, event.text);
    say(spec_.kernels[k].name, event.text + "; next try in " + std::to_string((pause + 999) / 1000) + " s");
}

}  // namespace tmplbuild::launch
