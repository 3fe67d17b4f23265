// SPDX-License-Identifier: Apache-2.0
// Makes the snapshot that people see from the supervisor's state: pure, so that a golden file holds every state.
// PodControl adds what lies outside the state (logs, components, time line). Never masks: reasons are the launcher's
// own words.
#pragma once

#include "status/snapshot.hpp"
#include "supervisor/model.hpp"

namespace tmplbuild::launch {

struct Clock {
    Time now = 0;                 // on the clock of the state
    status::UnixMs unix_now = 0;  // the same moment as a time of day
    Time started = 0;             // when the launcher started
};
status::Snapshot snapshot_of(const pod::PodSpec& spec, const PodState& state, const Clock& clock);

}  // namespace tmplbuild::launch
