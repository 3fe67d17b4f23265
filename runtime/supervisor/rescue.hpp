// SPDX-License-Identifier: Apache-2.0
// What runs when pod.json cannot be read: SSH alone, compiled in, so that a person can look at the pod and repair it.
// Used by the launcher's main.cpp. Needs the image's own sshd and the key that the pod gives in PUBLIC_KEY. Starts
// nothing itself.
#pragma once

#include <string>
#include <vector>

#include "podspec/pod_spec.hpp"

namespace tmplbuild::launch {

// `why` is shown to whoever logs in. An error says why SSH cannot run either. The port is TMPLBUILD_SSH_PORT of the
// environment ("NAME=value"), else 22.
Result<pod::PodSpec> rescue_spec(const std::string& why, const std::vector<std::string>& environment);

}  // namespace tmplbuild::launch
