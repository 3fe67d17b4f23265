// SPDX-License-Identifier: Apache-2.0
// Can each service of pod.json start in this image? Its program, the programs of its probes, what runs them where
// they are scripts, its user, group and folder are looked for in the image's root. Used by the build before anything is
// written. What the graph itself lacks is podspec's check; what lies on a volume or is made on the pod cannot be told
// and is passed over. Starts nothing.
#pragma once

#include <string>
#include <vector>

#include "podspec/pod_spec.hpp"
#include "verify/root_view.hpp"
#include "verify/verify.hpp"

namespace tmplbuild {

// `path`: the image's PATH. One finding for each thing that is missing, in pod.json's order.
std::vector<Finding> check_services(const RootView& root, const pod::PodSpec& spec, const std::string& path);

}  // namespace tmplbuild
