// SPDX-License-Identifier: Apache-2.0
// Lists of NAME=value, as processes are started with them: one variable of them, and those that keep pip and uv from
// moving torch in everything that a person or a service runs. Used wherever the launcher starts something. Never reads
// or changes the launcher's own environment.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "podspec/pod_spec.hpp"

namespace tmplbuild::launch {

// The value of a variable; empty: it is not there, or empty.
std::string value_in(const std::vector<std::string>& environment, std::string_view variable);
// Sets NAME=value, in place of every entry of that name.
void set_variable(std::vector<std::string>& environment, const std::string& name, const std::string& value);
// PIP_CONSTRAINT and UV_CONSTRAINT, where the pod has constraints.
void set_constraints(const pod::PodSpec& spec, std::vector<std::string>& environment);

}  // namespace tmplbuild::launch
