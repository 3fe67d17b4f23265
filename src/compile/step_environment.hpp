// SPDX-License-Identifier: Apache-2.0
// The variables that every command of a build starts with, in a container or in a pod's compile: they decide its bytes,
// and so are part of its key. Used by the sandbox, the recipe of a compile and the plan's keys. Takes nothing from the
// machine.
#pragma once

#include <map>
#include <string>

namespace tmplbuild::compile {

inline constexpr const char* standard_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const std::map<std::string, std::string>& step_environment();

}  // namespace tmplbuild::compile
