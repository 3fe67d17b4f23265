// SPDX-License-Identifier: Apache-2.0
#include "oci/pull_forecast.hpp"

#include "base/own_names.hpp"
#include "base/text.hpp"

namespace tmplbuild::oci {

static_assert(std::string_view(on_hosts_annotation).starts_with(own_annotations));

json::object PullForecast::to_json() const {
    return {{"bytes", size},
            {"layers", layers},
            {"bytes_on_hosts", on_hosts},
            {"fastest_seconds", fastest()},
            {"slowest_seconds", slowest()}};
}

std::string PullForecast::to_string() const {
    std::string out = human_bytes(size) + " in " + std::to_string(layers) + (layers == 1 ? " layer" : " layers");
    out += ", about " + human_seconds(fastest()) + " to " + human_seconds(slowest());
    out += on_hosts == 0 ? " on a host that has none of them"
                         : " on a host that has the base's " + human_bytes(on_hosts) + " already";
    return out;
}

PullForecast forecast_pull(const std::vector<BuiltLayer>& layers, const std::set<Digest>& on_hosts) {
    PullForecast out;
    std::set<Digest> counted;
    for (const BuiltLayer& layer : layers) {
        if (!counted.insert(layer.digest).second) continue;
        if (on_hosts.contains(layer.digest)) {
            out.on_hosts += layer.size;
            continue;
        }
        out.size += layer.size;
        ++out.layers;
    }
    return out;
}

std::string list_of(const std::set<Digest>& layers) {
    std::vector<std::string> texts;
    texts.reserve(layers.size());
    for (const Digest& layer : layers) texts.push_back(layer.to_string());
    return join(texts, ",");
}

std::set<Digest> layers_in_list(const std::string& annotation) {
    std::set<Digest> out;
    for (const std::string& text : split(annotation, ','))
        if (const auto digest = Digest::parse(text)) out.insert(*digest);
    return out;
}

}  // namespace tmplbuild::oci
