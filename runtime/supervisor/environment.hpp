// SPDX-License-Identifier: Apache-2.0
// Functions over lists of NAME=value, as processes are started with: they read or set one variable, and set those that
// keep pip and uv from replacing torch, whoever runs them. Used wherever the launcher starts something. Never reads or
// changes the launcher's own environment.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "podspec/pod_spec.hpp"

namespace tmplbuild::launch {

// The value of a variable; empty where it is not set, or set to nothing.
std::string value_in(const std::vector<std::string>& environment, std::string_view variable);
// Sets NAME=value and removes every other entry of that name.
void set_variable(std::vector<std::string>& environment, const std::string& name, const std::string& value);
// Sets PIP_CONSTRAINT and UV_CONSTRAINT where the pod has constraints.
void set_constraints(const pod::PodSpec& spec, std::vector<std::string>& environment);

}  // namespace tmplbuild::launch
