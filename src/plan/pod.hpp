// SPDX-License-Identifier: Apache-2.0
// Makes the launcher's pod.json from the template's services, with the console and the gateway where it has them. Used
// by this room. Kernels: pod_kernels.hpp. Pure.
#pragma once

#include "podspec/pod_spec.hpp"
#include "template/template.hpp"

namespace tmplbuild {

pod::PodSpec make_pod_spec(const Template& tmpl);
// INSTALL_SAGEATTENTION for "sageattention": upper case, and '_' for everything but letters and digits.
std::string install_variable(const std::string& kernel);

}  // namespace tmplbuild
