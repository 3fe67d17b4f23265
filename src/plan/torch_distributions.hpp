// SPDX-License-Identifier: Apache-2.0
// Which distributions belong to torch, by name in its one form: of one build of it, bound to that build, or seen
// wherever it is. Pure. Used by compile_root.cpp (what a compile sees) and pod_kernels.cpp (what a pod's constraints
// hold in place).
#pragma once

#include <string>

namespace tmplbuild {

// Holds libraries of one build of torch, or is torch: moving it breaks what was compiled against that build.
bool is_bound_to_torch(const std::string& name);
// Seen by every compile against torch.
bool is_seen_with_torch(const std::string& name);

}  // namespace tmplbuild
