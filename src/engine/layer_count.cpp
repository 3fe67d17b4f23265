// SPDX-License-Identifier: Apache-2.0
#include "engine/layer_count.hpp"

#include <algorithm>
#include <set>

#include "oci/image.hpp"
#include "plan/variants.hpp"
#include "template/layer_traits.hpp"

namespace tmplbuild {

static void refuse_above(std::size_t layers) {
    if (layers <= oci::max_layers) return;
    throw BuildError(usage_error("the image would have at least " + std::to_string(layers) +
                                     " layers, the base's included, and at most " + std::to_string(oci::max_layers) +
                                     " work everywhere",
                                 "put more into one `files` or `run` layer"));
}

void refuse_too_many_layers(const Template& tmpl, const LocalFacts& facts) {
    static constexpr std::size_t always = 2;  // the launcher, pod.json
    std::size_t layers = always + (facts.base_image.is_set() ? facts.base_layers : 1) + plan_variants(tmpl).size();
    std::set<std::string> steps;
    for (const Layer& layer : tmpl.layers)
        if (const LayerTraits traits = traits_of(layer); steps.insert(traits.step).second)
            layers += traits.least_layers;
    refuse_above(layers);
}

void refuse_too_many_layers(const Plan& plan, const Store& store) {
    std::size_t layers = 0;
    for (const Step& step : plan.steps) {
        if (!step.in_image) continue;
        const auto record = step.key ? store.find_record(step.key->digest()) : std::nullopt;
        layers += record ? record->layers.size() : step.least_layers;
    }
    refuse_above(layers);
}

}  // namespace tmplbuild
