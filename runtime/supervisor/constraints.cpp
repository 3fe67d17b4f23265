// SPDX-License-Identifier: Apache-2.0
#include "supervisor/constraints.hpp"

namespace tmplbuild::launch {

void set_variable(std::vector<std::string>& environment, const std::string& name, const std::string& value) {
    std::erase_if(environment, [&](const std::string& entry) { return entry.starts_with(name + "="); });
    environment.push_back(name + "=" + value);
}

void set_constraints(const pod::PodSpec& spec, std::vector<std::string>& environment) {
    if (spec.constraints.empty()) return;
    for (const char* name : {"PIP_CONSTRAINT", "UV_CONSTRAINT"}) set_variable(environment, name, spec.constraints);
}

}  // namespace tmplbuild::launch
