// SPDX-License-Identifier: Apache-2.0
// The template's services as the launcher's pod.json. Used by plan.cpp alone. Kernels: pod_kernels.hpp.
#pragma once

#include "podspec/pod_spec.hpp"
#include "template/template.hpp"

namespace tmplbuild {

pod::PodSpec make_pod_spec(const Template& tmpl);
// INSTALL_SAGEATTENTION for "sageattention": upper case, everything but letters and digits as '_'.
std::string install_variable(const std::string& kernel);

}  // namespace tmplbuild
