// SPDX-License-Identifier: Apache-2.0
// The placeholders of a service's command and environment: {host}, {port}, {public_port}, {name}, in the form that
// base/placeholders.hpp reads. The builder checks them, the launcher replaces them. A kernel recipe's commands have
// other ones (compile/recipe.hpp).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "podspec/service.hpp"

namespace tmplbuild::pod {

// Those that a service may use.
const std::vector<std::string>& service_placeholders();

// Errors name `key` ("services.jupyter.command[3]") and `file`.
Result<std::string> expand(std::string_view text, const Service& service, const std::string& key,
                           const std::string& file);

struct ExpandedService {
    std::vector<std::string> command;
    std::vector<std::string> probe, health;  // ready.exec, health.exec
    std::map<std::string, std::string> environment;
    std::vector<std::string> args_with_kernel, args_without_gpu;
};
Result<ExpandedService> expand_service(const Service& service, const std::string& file);

}  // namespace tmplbuild::pod
