// SPDX-License-Identifier: Apache-2.0
// What each of the engine's objects (services, probes, helpers, …) is given instead of the engine: the pod to look at,
// a clock, and where it tells what happened. Decides nothing and changes nothing.
#pragma once

#include <functional>
#include <string>

#include "supervisor/model.hpp"

namespace tmplbuild::launch {

struct PodView {
    const pod::PodSpec& spec;
    const PodState& state;  // after the last transition
    // Something happened. The transition and its actions are done when this returns: the state may be another then.
    std::function<void(Event)> happen;
    // One line of the pod's log, in the name of a service, a kernel, or the launcher.
    std::function<void(const std::string& who, const std::string& text)> say;
    std::function<Time()> now = now_ms;
};

}  // namespace tmplbuild::launch
