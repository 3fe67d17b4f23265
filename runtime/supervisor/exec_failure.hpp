// SPDX-License-Identifier: Apache-2.0
// Says why a program could not be executed, in words that name the file, its interpreter or the folders that were
// searched. Called in the child that failed, as the user that the program runs as. Never starts anything.
#pragma once

#include <string>

namespace tmplbuild::launch {

// `program`: the file that execve(2) refused with `why` (an errno), or a name that no folder of `path` has.
std::string describe_exec_failure(const std::string& program, int why, const std::string& path);

}  // namespace tmplbuild::launch
