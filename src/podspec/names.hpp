// SPDX-License-Identifier: Apache-2.0
// The words of pod.json for enumerations, signals and resource limits, in one place for writing, reading, checking
// and the launcher. A word that is not in a list is an error, never a default.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "podspec/pod_spec.hpp"

namespace tmplbuild::pod {

const char* to_string(Restart::Policy policy);  // "always", "on-failure", "never"
const char* to_string(OnKernelReady action);    // "notify", "restart", "restart-when-idle"
const char* to_string(InstallMode mode);        // "background", "true", "false"

std::optional<Restart::Policy> parse_policy(std::string_view word);
std::optional<OnKernelReady> parse_on_kernel_ready(std::string_view word);
std::optional<InstallMode> parse_install_mode(std::string_view word);

std::optional<int> signal_number(std::string_view name);    // of Service::stop_signal's words, Linux x86-64
std::optional<int> resource_number(std::string_view name);  // setrlimit's constant
std::vector<std::string> signal_names();
std::vector<std::string> resource_names();

}  // namespace tmplbuild::pod
