// SPDX-License-Identifier: Apache-2.0
#include "engine/pull_limit.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tmplbuild {

static constexpr std::size_t shown_layers = 5;

std::set<Digest> layers_on_hosts(const PlannedImage& image, const std::vector<BuiltLayer>& base) {
    std::set<Digest> out;
    if (!image.is_base_on_hosts) return out;
    for (const BuiltLayer& layer : base) out.insert(layer.digest);
    return out;
}

void refuse_large_pull(const PlannedImage& image, const std::vector<BuiltLayer>& layers,
                       const std::set<Digest>& on_hosts) {
    const oci::PullForecast pull = oci::forecast_pull(layers, on_hosts);
    if (!image.max_pull_size || pull.size <= *image.max_pull_size) return;
    std::vector<BuiltLayer> largest;
    std::copy_if(layers.begin(), layers.end(), std::back_inserter(largest),
                 [&](const BuiltLayer& layer) { return !on_hosts.contains(layer.digest); });
    std::stable_sort(largest.begin(), largest.end(),
                     [](const BuiltLayer& a, const BuiltLayer& b) { return a.size > b.size; });
    Error error = build_error("a host would fetch " + pull.to_string() + ", and max_pull_size under [image] allows " +
                                  human_bytes(*image.max_pull_size),
                              "leave out what is not needed, or raise max_pull_size; on_hosts = true under [base] "
                              "tells of a base that the hosts have already");
    largest.resize(std::min(largest.size(), shown_layers));
    std::vector<std::string> lines;
    for (const BuiltLayer& layer : largest) lines.push_back(human_bytes(layer.size) + "  " + layer.comment);
    error.detail = join(lines, "\n");
    throw BuildError(error);
}

void refuse_large_pull(const Plan& plan, const Store& store) {
    if (!plan.image.max_pull_size) return;
    std::vector<BuiltLayer> known;
    std::set<Digest> on_hosts;
    for (const Step& step : plan.steps) {
        const auto record = step.in_image && step.key ? store.find_record(step.key->digest()) : std::nullopt;
        if (!record) continue;
        if (step.id == "base") on_hosts = layers_on_hosts(plan.image, record->layers);
        known.insert(known.end(), record->layers.begin(), record->layers.end());
    }
    refuse_large_pull(plan.image, known, on_hosts);
}

}  // namespace tmplbuild
