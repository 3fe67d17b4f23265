// SPDX-License-Identifier: Apache-2.0
#include "supervisor/environment.hpp"

namespace tmplbuild::launch {

std::string value_in(const std::vector<std::string>& environment, std::string_view variable) {
    for (const std::string& entry : environment)
        if (entry.size() > variable.size() && entry.starts_with(variable) && entry[variable.size()] == '=')
            return entry.substr(variable.size() + 1);
    return {};
}

void set_variable(std::vector<std::string>& environment, const std::string& name, const std::string& value) {
    std::erase_if(environment, [&](const std::string& entry) { return entry.starts_with(name + "="); });
    environment.push_back(name + "=" + value);
}

void set_constraints(const pod::PodSpec& spec, std::vector<std::string>& environment) {
    if (spec.constraints.empty()) return;
    for (const char* name : {"PIP_CONSTRAINT", "UV_CONSTRAINT"}) set_variable(environment, name, spec.constraints);
}

}  // namespace tmplbuild::launch
