// SPDX-License-Identifier: Apache-2.0
#include "supervisor/snapshot_of.hpp"

#include "podspec/names.hpp"

namespace tmplbuild::launch {

static void add_gpus(const HostPart& host, status::Snapshot& out) {
    out.host.state = gpu::to_string(host.verdict.state);
    out.host.reason = host.verdict.reason;
    if (host.answer.driver) out.host.driver = gpu::driver_text(*host.answer.driver);
    if (host.answer.driver_cuda) out.host.cuda = host.answer.driver_cuda->to_string();
    out.host.simulated = host.answer.simulated;
    for (const gpu::SeenGpu& one : host.answer.gpus)
        out.gpus.push_back({one.index, one.name, one.capability.to_string(), static_cast<std::int64_t>(one.memory)});
}

static status::Kernel kernel_of(const pod::Kernel& spec, const KernelState& state) {
    status::Kernel out{.name = spec.name, .state = to_string(state.phase), .reason = state.reason};
    out.mode = pod::to_string(spec.install);
    // The verdict is about a variant, so a fallback has none: the reason says that the variant is missing.
    if (state.judged && !state.fallback) out.verdict = kernel::to_string(state.verdict.verdict);
    out.arch = state.verdict.arch;
    if (state.compiling) out.progress = state.percent;
    if (state.compiling && state.seconds_left >= 0) out.seconds_left = state.seconds_left;
    out.simulated = state.simulated;
    return out;
}

status::Snapshot snapshot_of(const pod::PodSpec& spec, const PodState& state, const Clock& clock) {
    auto unix_time = [&](Time at) { return clock.unix_now - clock.now + at; };
    status::Snapshot out;
    out.pod = spec.name;
    out.now = clock.unix_now;
    out.started = unix_time(clock.started);
    for (std::size_t i = 0; i < state.services.size(); ++i) {
        const ServiceState& s = state.services[i];
        const pod::Service& service = spec.services[i];
        status::Service one{.name = service.name, .state = to_string(s.phase), .reason = s.reason};
        one.since = unix_time(s.since == 0 ? clock.started : s.since);
        if (s.phase == Phase::backoff && s.due != never) one.next_try = unix_time(s.due);
        one.port = service.port;
        one.ready = s.satisfied;
        one.critical = service.critical;
        one.pid = s.pid;
        one.restarts = s.restarts;
        one.memory_kills = s.memory_kills;
        one.needs = service.needs;
        one.uses_kernels = service.uses_kernels;
        one.with_kernels = s.pid != 0 && s.with_kernel;
        out.services.push_back(std::move(one));
    }
    add_gpus(state.host, out);
    for (std::size_t k = 0; k < state.kernels.size(); ++k) {
        out.kernels.push_back(kernel_of(spec.kernels[k], state.kernels[k]));
        const Time next_try = state.kernels[k].next_try;
        if (next_try != never) out.kernels.back().next_try = unix_time(next_try);
        out.kernels.back().since = unix_time(state.kernels[k].since == 0 ? clock.started : state.kernels[k].since);
    }
    status::sum_up(out, state.mode != Mode::running);
    return out;
}

}  // namespace tmplbuild::launch
