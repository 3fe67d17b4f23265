// SPDX-License-Identifier: Apache-2.0
// A name for a running process that no other process has, now or later, on this machine or on another that shares a
// folder with it. Used in names of what must go when its maker is dead: temporary files, control groups.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace tmplbuild::sys {

// "<place>.<pid>.<start time>": the place is this boot of this machine and the pid namespace, since pids mean nothing
// elsewhere. No '-' in it.
std::string process_mark(pid_t pid);
std::string own_mark();

enum class Maker { alive, dead, elsewhere };  // elsewhere: of another machine, boot or container; nobody here can tell
Maker maker_of(std::string_view mark);

}  // namespace tmplbuild::sys
