// SPDX-License-Identifier: Apache-2.0
// Processes that no service owns any more but that are still ours: everything else in the container for PID 1, our own
// children elsewhere. Used at the end of a stop.
#pragma once

namespace tmplbuild::launch {

void signal_strays(int number);

}  // namespace tmplbuild::launch
