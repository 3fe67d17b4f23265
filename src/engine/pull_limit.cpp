// SPDX-License-Identifier: Apache-2.0
#include "engine/pull_limit.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tmplbuild {

static constexpr std::size_t shown_layers = 5;

static std::vector<BuiltLayer> layers_of(const Step& step, const Store& store) {
    const auto record = step.key ? store.find_record(step.key->digest()) : std::nullopt;
    return record ? record->layers : std::vector<BuiltLayer>();
}

std::vector<BuiltLayer> known_layers(const Plan& plan, const Store& store) {
    std::vector<BuiltLayer> out;
    for (const Step& step : plan.steps) {
        if (!step.in_image) continue;
        const std::vector<BuiltLayer> layers = layers_of(step, store);
        out.insert(out.end(), layers.begin(), layers.end());
    }
    return out;
}

std::set<Digest> layers_on_hosts(const Plan& plan, const Store& store) {
    std::set<Digest> out;
    const Step* base = plan.image.is_base_on_hosts ? plan.find("base") : nullptr;
    if (base == nullptr) return out;
    for (const BuiltLayer& layer : layers_of(*base, store)) out.insert(layer.digest);
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

}  // namespace tmplbuild
