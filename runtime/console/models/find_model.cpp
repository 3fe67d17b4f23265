// SPDX-License-Identifier: Apache-2.0
#include "console/models/find_model.hpp"

#include "base/printable.hpp"
#include "console/models/own_catalogue.hpp"

namespace tmplbuild::console {

json::object find_model(const json::object& wish, const ModelPlaces& places) {
    const std::string id = json::string_or(wish, "model_id", ""), set_name = json::string_or(wish, "model_set", "");
    const Catalogues catalogues = read_catalogues(places);
    const catalogue::Catalogue all = catalogues.all();
    const catalogue::ModelSet* set = all.find_set(set_name);
    const std::string problem = catalogues.problem.empty() ? "" : " (" + catalogues.problem + ")";
    if (set == nullptr) return {{"error", "there is no set '" + visible(set_name) + "'" + problem}};
    for (const catalogue::Entry& entry : set->entries) {
        if (entry.id != id || entry.urls.empty()) continue;
        json::object order{{"url", entry.urls.front()}, {"name", entry.name}, {"directory", entry.directory}};
        order["set"] = set->name;
        if (entry.size) order["size"] = *entry.size;
        if (!entry.sha256.empty()) order["sha256"] = entry.sha256;
        return order;
    }
    return {{"error", "the set '" + visible(set_name) + "' has no model '" + visible(id) + "'" + problem}};
}

}  // namespace tmplbuild::console
