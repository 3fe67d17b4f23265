// SPDX-License-Identifier: Apache-2.0
// Processes that no service owns any more but that are still ours: everything else in the container for PID 1, our own
// children elsewhere. Used at the end of a stop.
#pragma once

#include <sys/types.h>

#include <functional>

namespace tmplbuild::launch {

// `spared`: helpers that must outlive the sweep.
void signal_strays(int number, const std::function<bool(pid_t)>& spared);
// True when each of our children is one that `expected` names. False when /proc cannot tell.
bool no_child_but(const std::function<bool(pid_t)>& expected);

}  // namespace tmplbuild::launch
