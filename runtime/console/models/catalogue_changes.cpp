// SPDX-License-Identifier: Apache-2.0
#include "console/models/catalogue_changes.hpp"

#include <algorithm>
#include <set>

#include "base/grammar.hpp"
#include "base/text.hpp"
#include "catalogue/import.hpp"
#include "catalogue/links.hpp"

namespace tmplbuild::console {

using catalogue::Catalogue;
using catalogue::Entry;
using catalogue::ModelSet;

namespace {

Refusal wrong_field(std::string_view key, const char* expected) {
    return {400, "'" + std::string(key) + "' must be " + expected, {}};
}

Reply<void> set_text(std::string& into, const json::object& fields, std::string_view key) {
    const json::value* value = fields.if_contains(key);
    if (value == nullptr) return {};
    if (value->is_null()) {
        into.clear();
        return {};
    }
    if (!value->is_string()) return wrong_field(key, "a text");
    into = std::string(trim(std::string_view(value->get_string())));
    return {};
}

Reply<void> set_number(std::optional<std::uint64_t>& into, const json::object& fields, std::string_view key) {
    const json::value* value = fields.if_contains(key);
    if (value == nullptr) return {};
    if (value->is_null()) {
        into.reset();
        return {};
    }
    if (!value->is_int64() || value->get_int64() <= 0) return wrong_field(key, "a number of bytes");
    into = static_cast<std::uint64_t>(value->get_int64());
    return {};
}

// Links as people paste them: pages become downloads, and what is no model link is refused in its own words.
Reply<std::string> understood(const json::value& value) {
    if (!value.is_string()) return wrong_field("urls", "a list of links");
    const catalogue::ModelLink link = catalogue::read_link(std::string_view(value.get_string()));
    if (!link.problem.empty()) return Refusal{400, link.problem, link.hint};
    return link.url;
}

Reply<void> set_urls(Entry& entry, const json::object& fields) {
    const json::value* many = fields.if_contains("urls");
    const json::value* one = fields.if_contains("url");
    if (many == nullptr && one == nullptr) return {};
    json::array list;
    if (many != nullptr && !many->is_array()) return wrong_field("urls", "a list of links");
    if (many != nullptr)
        list = many->get_array();
    else
        list.push_back(*one);
    std::vector<std::string> urls;
    for (const json::value& value : list) {
        auto url = understood(value);
        if (!url) return url.error();
        urls.push_back(std::move(*url));
    }
    // A form that knows one link alone leaves the others as they are.
    if (many == nullptr && !entry.urls.empty() && urls.front() == entry.urls.front()) return {};
    // Another file has another size.
    if (!entry.urls.empty() && urls != entry.urls) {
        if (!fields.contains("size")) entry.size.reset();
        if (!fields.contains("sha256")) entry.sha256.clear();
        entry.about_bytes.reset();
        entry.commit.clear();
    }
    entry.urls = std::move(urls);
    return {};
}

std::set<std::string> ids_of(const Catalogue& catalogue) {
    std::set<std::string> out;
    for (const ModelSet& set : catalogue.sets)
        for (const Entry& entry : set.entries) out.insert(entry.id);
    return out;
}

std::string set_of(const Catalogue& catalogue, std::string_view id) {
    for (const ModelSet& set : catalogue.sets)
        for (const Entry& entry : set.entries)
            if (entry.id == id) return set.name;
    return {};
}

void remove_own(Catalogue& own, std::string_view id) {
    for (ModelSet& set : own.sets) std::erase_if(set.entries, [&](const Entry& entry) { return entry.id == id; });
}

ModelSet& own_set(Catalogue& own, const std::string& name) {
    if (ModelSet* set = own.find_set(name)) return *set;
    return own.sets.emplace_back(ModelSet{.name = name});
}

Reply<void> check(const Entry& entry) {
    if (const auto problem = catalogue::problem_of(entry)) return Refusal{400, *problem, {}};
    return {};
}

Refusal no_entry(const Catalogue& all, const std::string& id) {
    const std::set<std::string> ids = ids_of(all);
    return {404, "there is no model '" + id.substr(0, 100) + "' in the catalogue",
            did_you_mean(id, {ids.begin(), ids.end()})};
}

Refusal no_set(const Catalogue& all, const std::string& name) {
    std::vector<std::string> names;
    for (const ModelSet& set : all.sets) names.push_back(set.name);
    return {404, "there is no set '" + name.substr(0, 100) + "' in the catalogue", did_you_mean(name, names)};
}

}  // namespace

Reply<void> set_fields(Entry& entry, const json::object& fields) {
    static const std::vector<std::string> known = {"id",        "name", "title",        "url",    "urls",
                                                   "directory", "size", "about_bytes",  "sha256", "commit",
                                                   "licence",   "link", "memory_bytes", "gated"};
    for (const auto& [key, value] : fields)
        if (std::find(known.begin(), known.end(), key) == known.end())
            return Refusal{400, "an entry has no field '" + std::string(key).substr(0, 100) + "'",
                           did_you_mean(key, known)};
    for (const auto& [text, key] :
         {std::pair(&entry.name, "name"), std::pair(&entry.title, "title"), std::pair(&entry.directory, "directory"),
          std::pair(&entry.licence, "licence"), std::pair(&entry.link, "link")})
        if (const auto set = set_text(*text, fields, key); !set) return set;
    if (const auto set = set_urls(entry, fields); !set) return set;
    if (const auto set = set_text(entry.sha256, fields, "sha256"); !set) return set;
    if (const auto set = set_text(entry.commit, fields, "commit"); !set) return set;
    entry.sha256 = to_lower(entry.sha256);
    for (const auto& [number, key] : {std::pair(&entry.size, "size"), std::pair(&entry.about_bytes, "about_bytes"),
                                      std::pair(&entry.memory_bytes, "memory_bytes")})
        if (const auto set = set_number(*number, fields, key); !set) return set;
    if (const json::value* gated = fields.if_contains("gated")) {
        if (!gated->is_bool()) return wrong_field("gated", "true or false");
        entry.gated = gated->get_bool();
    }
    return {};
}

Reply<std::string> add_entry(Catalogues& both, const std::string& set, Entry entry) {
    if (!is_name(set)) return Refusal{400, "'set' must be the name of a set", "GET /api/models lists them"};
    const std::set<std::string> taken = ids_of(both.all());
    if (entry.name.empty() && !entry.urls.empty()) entry.name = catalogue::read_link(entry.urls.front()).name;
    if (entry.directory.empty() && !entry.urls.empty())
        entry.directory = catalogue::read_link(entry.urls.front()).directory;
    if (entry.name.empty())
        return Refusal{400, "the link does not tell the file's name", "write it, such as model.safetensors"};
    if (entry.directory.empty())
        return Refusal{400, "neither the link nor the name tells the folder", "write one of ComfyUI's, such as loras"};
    if (entry.id.empty()) entry.id = catalogue::id_for(entry.name, taken);
    if (taken.contains(entry.id))
        return Refusal{409, "there is a model '" + entry.id + "' already", "leave the id out"};
    if (const auto good = check(entry); !good) return good.error();
    const std::string id = entry.id;
    std::erase(both.own.hidden_models, id);
    std::erase(both.own.hidden_sets, set);
    own_set(both.own, set).entries.push_back(std::move(entry));
    return id;
}

Reply<void> edit_entry(Catalogues& both, const std::string& id, const json::object& fields,
                       const std::optional<std::string>& to_set) {
    const Catalogue all = both.all();
    const Entry* known = all.find(id);
    if (known == nullptr) return no_entry(all, id);
    if (to_set && !is_name(*to_set)) return Refusal{400, "'set' must be the name of a set", {}};
    Entry changed = *known;
    if (const auto set = set_fields(changed, fields); !set) return set;
    if (const auto good = check(changed); !good) return good;
    const std::string set = to_set ? *to_set : set_of(all, id);
    std::vector<Entry>& entries = own_set(both.own, set).entries;
    const auto place = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.id == id; });
    if (place != entries.end()) {
        *place = std::move(changed);
        return {};
    }
    remove_own(both.own, id);
    own_set(both.own, set).entries.push_back(std::move(changed));
    return {};
}

Reply<void> delete_entry(Catalogues& both, const std::string& id) {
    const Catalogue all = both.all();
    if (all.find(id) == nullptr) return no_entry(all, id);
    remove_own(both.own, id);
    std::erase(both.own.hidden_models, id);
    if (both.image.find(id) != nullptr) both.own.hidden_models.push_back(id);
    // A set that only ever held what is gone goes, too.
    std::erase_if(both.own.sets, [&](const ModelSet& set) {
        return set.entries.empty() && set.title.empty() && both.image.find_set(set.name) != nullptr;
    });
    return {};
}

Reply<std::string> add_set(Catalogues& both, const std::string& name, const std::string& title) {
    const Catalogue all = both.all();
    std::set<std::string> taken;
    for (const ModelSet& set : all.sets) taken.insert(set.name);
    const std::string made = name.empty() ? catalogue::id_for(title, taken) : name;
    if (title.empty() && name.empty()) return Refusal{400, "a set has a name or a title", {}};
    if (!is_name(made))
        return Refusal{400, "'name' is no name", "a name has lower-case letters, digits, '.', '_' and '-'"};
    if (taken.contains(made)) return Refusal{409, "there is a set '" + made + "' already", "choose another name"};
    if (title.size() > 500) return Refusal{400, "the title is too long", {}};
    std::erase(both.own.hidden_sets, made);
    own_set(both.own, made).title = title;
    return made;
}

Reply<void> edit_set(Catalogues& both, const std::string& name, const std::optional<std::string>& title,
                     const std::optional<std::int64_t>& position) {
    const Catalogue all = both.all();
    if (all.find_set(name) == nullptr) return no_set(all, name);
    if (title && (title->empty() || title->size() > 500)) return Refusal{400, "a title has 1 to 500 bytes", {}};
    if (title) own_set(both.own, name).title = *title;
    if (position) {
        std::vector<std::string> order;
        for (const ModelSet& set : all.sets)
            if (set.name != name) order.push_back(set.name);
        const auto place = static_cast<std::ptrdiff_t>(
            std::clamp<std::int64_t>(*position, 0, static_cast<std::int64_t>(order.size())));
        order.insert(order.begin() + place, name);
        both.own.order = std::move(order);
    }
    return {};
}

Reply<void> delete_set(Catalogues& both, const std::string& name) {
    const Catalogue all = both.all();
    if (all.find_set(name) == nullptr) return no_set(all, name);
    std::erase_if(both.own.sets, [&](const ModelSet& set) { return set.name == name; });
    std::erase(both.own.order, name);
    std::erase(both.own.hidden_sets, name);
    if (both.image.find_set(name) != nullptr) both.own.hidden_sets.push_back(name);
    return {};
}

}  // namespace tmplbuild::console
