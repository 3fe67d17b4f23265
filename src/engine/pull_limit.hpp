// SPDX-License-Identifier: Apache-2.0
// The limit that a template sets on what a pod's host has to fetch before it starts the image (max_pull_size under
// [image]). Used by `plan` and `build`; the estimate itself is oci/pull_forecast.hpp's. Throws BuildError.
#pragma once

#include "oci/pull_forecast.hpp"
#include "plan/plan.hpp"
#include "store/store.hpp"

namespace tmplbuild {

// What is known of the image's layers before it is built: those of the steps that the store has.
std::vector<BuiltLayer> known_layers(const Plan& plan, const Store& store);
// The base's layers, where the template says that the hosts have them. Empty before the base is in the store.
std::set<Digest> layers_on_hosts(const Plan& plan, const Store& store);
// Of some or all layers of the image: a build error that names the largest, when they are over the limit already.
void refuse_large_pull(const PlannedImage& image, const std::vector<BuiltLayer>& layers,
                       const std::set<Digest>& on_hosts);

}  // namespace tmplbuild
