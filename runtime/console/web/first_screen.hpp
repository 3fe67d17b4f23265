// SPDX-License-Identifier: Apache-2.0
// What the console prints into the pod's log: where to click, the password where one was made, what runs, and what the
// verdict about each kernel means once it is known. Pure; main.cpp prints it.
#pragma once

#include <optional>
#include <string>

#include "console/policy/own_origins.hpp"
#include "console/web/login.hpp"
#include "podspec/pod_spec.hpp"
#include "status/snapshot.hpp"

namespace tmplbuild::console {

// `found`: none where no password is asked for (CONSOLE_AUTH=none).
std::string first_screen(const pod::PodSpec& spec, const OwnOrigins& origins, const std::optional<Login::Found>& found);

// A line for each kernel; empty while a verdict is not known yet, and where the pod has no kernels.
std::string kernel_screen(const status::Snapshot& snapshot);

}  // namespace tmplbuild::console
