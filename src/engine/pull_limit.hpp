// SPDX-License-Identifier: Apache-2.0
// The limit that a template sets on what a pod's host has to fetch before it starts the image (max_pull_size under
// [image]). Used by `plan` and `build`; the estimate itself is oci/pull_forecast.hpp's. Throws BuildError.
#pragma once

#include "oci/pull_forecast.hpp"
#include "plan/plan.hpp"
#include "store/store.hpp"

namespace tmplbuild {

// The base's layers, where the template says that the hosts have them; else none.
std::set<Digest> layers_on_hosts(const PlannedImage& image, const std::vector<BuiltLayer>& base);
// Of some or all layers of the image: a build error that names the largest, when they are over the limit already.
void refuse_large_pull(const PlannedImage& image, const std::vector<BuiltLayer>& layers,
                       const std::set<Digest>& on_hosts);
// The same before anything is built, of the layers that the store has. Reads nothing where there is no limit.
void refuse_large_pull(const Plan& plan, const Store& store);

}  // namespace tmplbuild
