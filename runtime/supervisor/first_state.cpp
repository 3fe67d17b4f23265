// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>

#include <algorithm>
#include <set>

#include "supervisor/model.hpp"

namespace tmplbuild::launch {

const char* to_string(Phase phase) {
    switch (phase) {
        case Phase::waiting:
            return "waiting";
        case Phase::starting:
            return "starting";
        case Phase::running:
            return "running";
        case Phase::ready:
            return "ready";
        case Phase::unhealthy:
            return "unhealthy";
        case Phase::backoff:
            return "backoff";
        case Phase::stopping:
            return "stopping";
        case Phase::done:
            return "done";
        case Phase::failed:
            return "failed";
        case Phase::stopped:
            return "stopped";
        case Phase::blocked:
            return "blocked";
    }
    return "failed";
}

// Whether `name` needs itself, at any distance.
static bool in_circle(const pod::PodSpec& spec, const std::string& name) {
    std::set<std::string> seen;
    std::vector<std::string> open{name};
    while (!open.empty()) {
        const std::string next = open.back();
        open.pop_back();
        for (const auto& service : spec.services) {
            if (service.name != next) continue;
            for (const auto& need : service.needs) {
                if (need == name) return true;
                if (seen.insert(need).second) open.push_back(need);
            }
        }
    }
    return false;
}

const pod::Probe& probe_in(const pod::Service& service, const ServiceState& state) {
    return state.was_ready ? service.health : service.ready;
}

PodState first_state(const pod::PodSpec& spec) {
    PodState state;
    for (const auto& service : spec.services) {
        ServiceState s;
        s.reason = service.unusable;
        if (s.reason.empty() && in_circle(spec, service.name)) s.reason = "it needs itself, by way of what it needs";
        s.unusable = !s.reason.empty();
        if (s.unusable) s.phase = Phase::failed;
        state.services.push_back(std::move(s));
    }
    state.kernels.resize(spec.kernels.size());
    return state;
}

Time backoff_pause(const pod::Restart& restart, std::int64_t failures, int jitter) {
    Time pause = restart.backoff_min_ms;
    for (std::int64_t n = 1; n < failures && pause < restart.backoff_max_ms; ++n) pause *= 2;
    pause = std::min(pause, restart.backoff_max_ms);
    return pause + pause * jitter / 10'000;
}

std::string describe_status(int status) {
    if (WIFSIGNALED(status)) return "killed by signal " + std::to_string(WTERMSIG(status));
    return "exit code " + std::to_string(WEXITSTATUS(status));
}

int exit_code_of(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

}  // namespace tmplbuild::launch
