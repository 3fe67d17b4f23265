// SPDX-License-Identifier: Apache-2.0
// A name for a running process that no other process ever has, on this machine or on another one that shares a folder
// with it. Used in the names of things that are removed after their maker has died: temporary files, control groups.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace tmplbuild::sys {

// "<place>.<pid>.<start time>": the place is this boot of this machine and the pid namespace, since pids mean nothing
// elsewhere. No '-' in it.
std::string process_mark(pid_t pid);
std::string own_mark();

// elsewhere: it belongs to another machine, boot or container, and nobody here can tell
enum class Maker { alive, dead, elsewhere };
Maker maker_of(std::string_view mark);

}  // namespace tmplbuild::sys
