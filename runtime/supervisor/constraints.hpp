// SPDX-License-Identifier: Apache-2.0
// The variables that keep pip and uv from moving torch, in the environment of everything that a person or a service
// runs: services, their probes, the foreground command.
#pragma once

#include <string>
#include <vector>

#include "podspec/pod_spec.hpp"

namespace tmplbuild::launch {

// Sets NAME=value, in place of every entry of that name.
void set_variable(std::vector<std::string>& environment, const std::string& name, const std::string& value);
// PIP_CONSTRAINT and UV_CONSTRAINT, where the pod has constraints.
void set_constraints(const pod::PodSpec& spec, std::vector<std::string>& environment);

}  // namespace tmplbuild::launch
