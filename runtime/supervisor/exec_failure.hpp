// SPDX-License-Identifier: Apache-2.0
// Why a program could not be executed, in words that name the file, its interpreter or where it was looked for. Called
// in the child that failed to, as the user that it runs as. Never starts anything.
#pragma once

#include <string>

namespace tmplbuild::launch {

// `program`: the file that execve(2) refused with `why` (an errno), or a name that is in none of the folders of `path`.
std::string describe_exec_failure(const std::string& program, int why, const std::string& path);

}  // namespace tmplbuild::launch
