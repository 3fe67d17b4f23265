// SPDX-License-Identifier: Apache-2.0
// What each of the engine's objects (services, probes, helpers, …) gets instead of the engine: the pod's state to read,
// a clock, and functions that report events and log lines. Decides nothing and changes nothing.
#pragma once

#include <functional>
#include <string>

#include "supervisor/model.hpp"

namespace tmplbuild::launch {

struct PodView {
    const pod::PodSpec& spec;
    const PodState& state;  // after the last transition
    // Reports an event. The transition and its actions are done when this returns, so the state may have changed.
    std::function<void(Event)> happen;
    // Writes one line of the pod's log under the name of a service, a kernel, or the launcher.
    std::function<void(const std::string& who, const std::string& text)> say;
    std::function<Time()> now = now_ms;
};

}  // namespace tmplbuild::launch
