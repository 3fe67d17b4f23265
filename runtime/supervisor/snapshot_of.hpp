// SPDX-License-Identifier: Apache-2.0
// The supervisor's state as the snapshot that people see: pure, so that a golden file holds every state. The engine
// adds what lies outside the state (logs, components, time line). Never masks: reasons are the launcher's own words.
#pragma once

#include "status/snapshot.hpp"
#include "supervisor/model.hpp"

namespace tmplbuild::launch {

struct Clock {
    Time now = 0;                 // of the state's clock
    status::UnixMs unix_now = 0;  // the same moment
    Time started = 0;             // of the launcher
};
status::Snapshot snapshot_of(const pod::PodSpec& spec, const PodState& state, const Clock& clock);

}  // namespace tmplbuild::launch
