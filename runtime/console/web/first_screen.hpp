// SPDX-License-Identifier: Apache-2.0
// What the console prints into the pod's log: where to click, the password where one was made, what runs, and what the
// verdict about each kernel means once it is known. Pure; main.cpp prints it.
#pragma once

#include <optional>
#include <string>

#include "console/policy/own_origins.hpp"
#include "console/web/login.hpp"
#include "control/request.hpp"
#include "podspec/pod_spec.hpp"
#include "status/snapshot.hpp"

namespace tmplbuild::console {

// What the launcher has to show of the password on the pod's own stdout alone, or to hide in logs from now on; none
// where nothing was made.
std::optional<control::Request> password_announcement(const Login::Found& found);

// `found`: none where no password is asked for (CONSOLE_AUTH=none). `announced`: the launcher has shown the password.
std::string first_screen(const pod::PodSpec& spec, const OwnOrigins& origins, const std::optional<Login::Found>& found,
                         bool announced);

// A line for each kernel; empty while a verdict is not known yet, and where the pod has no kernels.
std::string kernel_screen(const status::Snapshot& snapshot);

}  // namespace tmplbuild::console
