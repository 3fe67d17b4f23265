// SPDX-License-Identifier: Apache-2.0
// Can each service of pod.json start in this image? The programs of its command and its probes, their interpreters
// where they are scripts, its user, group and folder are looked for in the image's root. Used by the build before
// anything is written. Errors of the graph itself are found by podspec's check. Whatever lies on a volume or is made on
// the pod cannot be told, and is not reported. Starts nothing.
#pragma once

#include <string>
#include <vector>

#include "podspec/pod_spec.hpp"
#include "verify/root_view.hpp"
#include "verify/verify.hpp"

namespace tmplbuild {

// `path` is the image's PATH. One finding for each thing that is missing, in the order of pod.json.
std::vector<Finding> check_services(const RootView& root, const pod::PodSpec& spec, const std::string& path);

}  // namespace tmplbuild
