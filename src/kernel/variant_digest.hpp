// SPDX-License-Identifier: Apache-2.0
// One digest for all files of a variant: the build writes it into pod.json, the pod compares it before it switches the
// variant on. It covers names and contents alone, since times and owners change on the way. Pure.
#pragma once

#include <map>
#include <string>

#include "base/digest.hpp"

namespace tmplbuild::kernel {

// `files`: path relative to the variant's folder → digest of its content.
Digest variant_digest(const std::map<std::string, Digest>& files);

}  // namespace tmplbuild::kernel
