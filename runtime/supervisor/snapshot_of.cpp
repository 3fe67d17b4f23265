// SPDX-License-Identifier: Apache-2.0
#include "supervisor/snapshot_of.hpp"

namespace tmplbuild::launch {

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
        out.services.push_back(std::move(one));
    }
    status::sum_up(out, state.mode != Mode::running);
    return out;
}

}  // namespace tmplbuild::launch
