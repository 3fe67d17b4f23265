// SPDX-License-Identifier: Apache-2.0
// The pod's stdout as a descriptor that never blocks. A pipe or terminal is opened a second time, since O_NONBLOCK on
// the given descriptor would affect the foreground command too; what cannot be opened again (a file, a pipe of another
// user) gets a relay child that blocks instead of the launcher.
#pragma once

#include <sys/types.h>

namespace tmplbuild::launch {

struct NonblockingStdout {
    int fd = -1;  // -1: there is none
    bool socket = false;
    pid_t relay = 0;  // 0: none was needed
};
NonblockingStdout open_stdout();

}  // namespace tmplbuild::launch
