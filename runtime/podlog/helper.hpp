// SPDX-License-Identifier: Apache-2.0
// A child of the launcher that runs the launcher's own code: the log writer, the stdout relay, the kernel helper. It
// may block or die without holding up the launcher. It keeps no descriptors but those given to it.
#pragma once

#include <sys/types.h>

#include <functional>
#include <vector>

namespace tmplbuild::launch {

// Runs `body` in a child whose descriptors are /dev/null as 0, 1 and 2, then `keep` as 3, 4, … in their order; `stdio`
// keeps the launcher's own 0, 1 and 2. The child ignores TERM and similar signals: it ends when its pipe does. Its exit
// status is what `body` returns. -1 when no process could be made.
pid_t fork_helper(const char* name, std::vector<int> keep, bool stdio, const std::function<int()>& body);

// Closes every descriptor from `first` on.
void close_from(int first);

}  // namespace tmplbuild::launch
