// SPDX-License-Identifier: Apache-2.0
// Which distributions belong to torch, by normalized name: those of one build of it, those bound to that build, and
// those seen wherever torch is. Used for what a compile sees and for the constraints of a pod. Pure.
#pragma once

#include <string>

namespace tmplbuild {

// Whether it is torch or holds libraries for one build of torch: replacing it breaks what was compiled against that
// build.
bool is_bound_to_torch(const std::string& name);
// Whether every compile against torch sees it.
bool is_seen_with_torch(const std::string& name);

}  // namespace tmplbuild
