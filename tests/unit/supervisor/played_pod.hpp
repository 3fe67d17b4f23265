// SPDX-License-Identifier: Apache-2.0
// A pod for one of the engine's objects alone: the test says in which state it is and what the clock shows, and reads
// what the object told. Used by the tests of the objects. Has no loop and no transition().
#pragma once

#include <string>
#include <vector>

#include "supervisor/named_service.hpp"
#include "supervisor/pod_view.hpp"

namespace tmplbuild::launch {

struct PlayedPod {
    pod::PodSpec spec;
    PodState state;
    std::vector<Event> events;
    std::vector<std::string> said;
    Time clock = 1'000;
    const PodView view{spec, state, [this](Event event) { events.push_back(std::move(event)); },
                       [this](const std::string& who, const std::string& text) { said.push_back(who + ": " + text); },
                       [this] { return clock; }};

    // Each of them runs, with the pid 100, 200, …
    explicit PlayedPod(const std::vector<std::string>& names) {
        for (const std::string& name : names) {
            spec.services.push_back(named(name));
            ServiceState running;
            running.phase = Phase::ready;
            running.pid = static_cast<pid_t>(100 * spec.services.size());
            state.services.push_back(running);
        }
    }
    PlayedPod(const PlayedPod&) = delete;
    PlayedPod& operator=(const PlayedPod&) = delete;
};

}  // namespace tmplbuild::launch
