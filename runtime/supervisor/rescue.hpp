// SPDX-License-Identifier: Apache-2.0
// What runs when pod.json cannot be read: SSH alone, compiled in, so that a person can look and mend. Used by main.cpp.
// Needs the image's own sshd and the key that the pod gives in PUBLIC_KEY.
#pragma once

#include <string>
#include <vector>

#include "podspec/pod_spec.hpp"

namespace tmplbuild::launch {

// `why` is shown to whoever logs in. An error says why SSH cannot be had either. The port is TMPLBUILD_SSH_PORT of the
// environment ("NAME=value"), else 22.
Result<pod::PodSpec> rescue_spec(const std::string& why, const std::vector<std::string>& environment);

}  // namespace tmplbuild::launch
