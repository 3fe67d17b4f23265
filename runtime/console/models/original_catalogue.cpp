// SPDX-License-Identifier: Apache-2.0
#include "console/models/original_catalogue.hpp"

#include "base/text.hpp"
#include "catalogue/import.hpp"
#include "catalogue/links.hpp"

namespace tmplbuild::console {

using catalogue::Entry;
using catalogue::ModelSet;

namespace {

std::string path_of(const Entry& entry, const ModelPlaces& places) {
    return places.models + "/" + entry.directory + "/" + entry.name;
}

// "/workspace/ComfyUI/models/loras/x.safetensors", "models/loras/x.safetensors", "loras/x.safetensors" or a folder
// alone: the folder below models, and the file's name where the path has one.
void set_place(Entry& entry, std::string path, const ModelPlaces& places) {
    if (path.starts_with(places.models + "/")) path.erase(0, places.models.size() + 1);
    if (const std::size_t models = path.find("models/"); models != std::string::npos) path.erase(0, models + 7);
    while (path.ends_with('/')) path.pop_back();
    const std::size_t slash = path.rfind('/');
    const std::string last = path.substr(slash == std::string::npos ? 0 : slash + 1);
    if (!catalogue::is_model_file_name(last)) {
        entry.directory = path;
        return;
    }
    entry.name = last;
    entry.directory = slash == std::string::npos ? "" : path.substr(0, slash);
}

Reply<void> set_info(Entry& entry, const json::object& fields, const ModelPlaces& places) {
    const json::value* info = fields.if_contains("model_info");
    if (info == nullptr || !info->is_object())
        return Refusal{400, "'model_info' must be an object with name, url, path and description", {}};
    const json::object& given = info->get_object();
    if (const json::value* url = given.if_contains("url"); url != nullptr && url->is_string()) {
        const json::object own{{"url", *url}};
        if (const auto set = set_fields(entry, own); !set) return set;
    }
    if (const std::string path = json::string_or(given, "path", ""); !path.empty()) set_place(entry, path, places);
    if (entry.name.empty() && !entry.urls.empty()) entry.name = catalogue::read_link(entry.urls.front()).name;
    if (const std::string name = json::string_or(given, "name", ""); !name.empty()) {
        if (entry.name.empty() && catalogue::is_model_file_name(name))
            entry.name = name;
        else
            entry.title = name;
    }
    if (const std::string words = json::string_or(given, "description", ""); !words.empty() && entry.title.empty())
        entry.title = words;
    return {};
}

// The set that the fields name, or a new one.
Reply<std::string> wanted_set(Catalogues& both, const json::object& fields, const char* key) {
    const std::string fresh = json::string_or(fields, "new_group_name", "");
    const json::value* is_new = fields.if_contains("new_group");
    if (is_new != nullptr &&
        ((is_new->is_bool() && is_new->get_bool()) || json::string_or(fields, "new_group", "") == "true"))
        return add_set(both, "", fresh);
    const std::string name = json::string_or(fields, key, "");
    if (both.all().find_set(name) == nullptr)
        return Refusal{404, "there is no group '" + name.substr(0, 100) + "'", "GET /get_model_configs lists them"};
    return name;
}

std::string id_in(const json::object& fields) {
    const std::string id = json::string_or(fields, "model_id", "");
    return id.empty() ? json::string_or(fields, "model_name", "") : id;
}

}  // namespace

json::object original_configs(const Catalogues& both, const ModelPlaces& places) {
    json::object out;
    for (const ModelSet& set : both.all().sets) {
        json::object models;
        for (const Entry& entry : set.entries)
            models[entry.id] = json::object{{"name", entry.title.empty() ? entry.name : entry.title},
                                            {"url", entry.urls.empty() ? "" : entry.urls.front()},
                                            {"path", path_of(entry, places)},
                                            {"description", entry.title}};
        out[set.name] = std::move(models);
    }
    return out;
}

json::object original_debug(const Catalogues& both, const ModelPlaces& places) {
    json::object sets;
    std::int64_t total = 0;
    for (const ModelSet& set : both.all().sets) {
        sets[set.name] = static_cast<std::int64_t>(set.entries.size());
        total += static_cast<std::int64_t>(set.entries.size());
    }
    return {{"config_file", places.volume + "/.tmplbuild/models/" + own_catalogue_file},
            {"image_config_file", places.image_catalogue},
            {"model_sets", std::move(sets)},
            {"total_models", total},
            {"error", both.problem.empty() ? json::value(nullptr) : json::value(both.problem)}};
}

Reply<json::object> original_add(Catalogues& both, const json::object& fields, const ModelPlaces& places) {
    const auto set = wanted_set(both, fields, "model_set");
    if (!set) return set.error();
    Entry entry;
    if (const auto info = set_info(entry, fields, places); !info) return info.error();
    const std::string wanted = json::string_or(fields, "model_name", "");
    std::set<std::string> taken;
    for (const ModelSet& one : both.all().sets)
        for (const Entry& known : one.entries) taken.insert(known.id);
    entry.id = catalogue::id_for(wanted.empty() ? entry.name : wanted, taken);
    const auto id = add_entry(both, *set, std::move(entry));
    if (!id) return id.error();
    return json::object{{"success", true}, {"model_id", *id}, {"model_set", *set}};
}

Reply<json::object> original_edit(Catalogues& both, const json::object& fields, const ModelPlaces& places) {
    const std::string id = id_in(fields);
    const catalogue::Catalogue all = both.all();
    const Entry* known = all.find(id);
    if (known == nullptr) return Refusal{404, "there is no model '" + id.substr(0, 100) + "'", {}};
    const char* const key = fields.contains("new_model_set") ? "new_model_set" : "model_set";
    const auto set = wanted_set(both, fields, key);
    if (!set) return set.error();
    Entry changed = *known;
    if (const auto info = set_info(changed, fields, places); !info) return info.error();
    json::array urls;
    for (const std::string& url : changed.urls) urls.emplace_back(url);
    const json::object values{
        {"name", changed.name}, {"title", changed.title}, {"directory", changed.directory}, {"urls", std::move(urls)}};
    if (const auto done = edit_entry(both, id, values, *set); !done) return done.error();
    return json::object{{"success", true}, {"model_id", id}, {"model_set", *set}};
}

Reply<json::object> original_delete(Catalogues& both, const json::object& fields) {
    const std::string id = id_in(fields);
    if (const auto done = delete_entry(both, id); !done) return done.error();
    return json::object{{"success", true}, {"model_id", id}};
}

}  // namespace tmplbuild::console
