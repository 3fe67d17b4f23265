// SPDX-License-Identifier: Apache-2.0
#include "resolve/project_table.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/grammar.hpp"
#include "base/json.hpp"
#include "template/requirement.hpp"
#include "toml/toml_json.hpp"

namespace tmplbuild {

namespace {

using Metadata = std::optional<SdistMetadata>;

bool has_dynamic_field(const json::object& project) {
    static constexpr std::array<std::string_view, 4> needed = {"version", "dependencies", "optional-dependencies",
                                                               "requires-python"};
    const json::value* list = project.if_contains("dynamic");
    if (list == nullptr || !list->is_array()) return list != nullptr;
    return std::any_of(list->get_array().begin(), list->get_array().end(), [&](const json::value& field) {
        return !field.is_string() ||
               std::find(needed.begin(), needed.end(), std::string_view(field.get_string())) != needed.end();
    });
}

// Calls `take` for each item of a list of texts; false where it is no such list.
template <class Take>
bool each_text(const json::value* list, Take take) {
    if (list == nullptr) return true;
    if (!list->is_array()) return false;
    return std::all_of(list->get_array().begin(), list->get_array().end(),
                       [&](const json::value& one) { return one.is_string() && take(std::string(one.get_string())); });
}

// "dep ; (marker) and extra == \"x\"", as in METADATA. A dependency with an address is left to the backend, since its
// marker is separated in another way.
bool add_optional(const std::string& text, const std::string& extra, std::vector<std::string>& out) {
    auto what = parse_requirement(text);
    if (!what || what->kind != AddressKind::none) return false;
    const std::string condition = "extra == \"" + extra + "\"";
    what->marker = what->marker.empty() ? condition : "(" + what->marker + ") and " + condition;
    out.push_back(what->text());
    return true;
}

bool add_extras(const json::value* table, SdistMetadata& out) {
    if (table == nullptr) return true;
    if (!table->is_object()) return false;
    for (const auto& [key, list] : table->get_object()) {
        const std::string extra(key);
        if (!is_project_name(extra)) return false;
        out.extras.push_back(extra);
        if (!each_text(&list, [&](const std::string& text) { return add_optional(text, extra, out.requires_dist); }))
            return false;
    }
    return true;
}

}  // namespace

Result<Metadata> read_project_table(const std::string& text, const std::string& file) {
    auto document = toml_to_json(text, file);
    if (!document) return document.error();
    const json::value* table = document->get_object().if_contains("project");
    if (table == nullptr || !table->is_object()) return Metadata();
    const json::object& project = table->get_object();
    SdistMetadata out;
    out.name = json::string_or(project, "name", "");
    out.version = json::string_or(project, "version", "");
    out.requires_python = json::string_or(project, "requires-python", "");
    if (!is_project_name(out.name) || !is_python_version(out.version) || has_dynamic_field(project)) return Metadata();
    const auto take = [&](const std::string& one) {
        out.requires_dist.push_back(one);
        return true;
    };
    if (!each_text(project.if_contains("dependencies"), take)) return Metadata();
    if (!add_extras(project.if_contains("optional-dependencies"), out)) return Metadata();
    return Metadata(std::move(out));
}

}  // namespace tmplbuild
