// SPDX-License-Identifier: Apache-2.0
#include "template/layer_schema.hpp"

#include "template/sections.hpp"

namespace tmplbuild {

static json::object definition(const std::string& name) { return {{"$ref", "#/$defs/" + name}}; }

// The schema of a kind's entries is that kind's own definition, so that an editor names the wrong key in an entry.
static json::object rule_for(const std::string& kind) {
    const json::object use{{"const", kind}};
    const json::object properties{{"use", use}};
    return {{"if", json::object{{"required", json::array{"use"}}, {"properties", properties}}},
            {"then", definition(kind + "Layer")}};
}

json::object layer_schema() {
    const std::vector<std::string>& kinds = layer_kinds();
    const json::object no_kind{{"enum", json::array(kinds.begin(), kinds.end())}};
    const json::object recipe_use{{"description", "The recipe's name, or the path of its folder."},
                                  {"type", "string"},
                                  {"minLength", 1},
                                  {"not", no_kind}};
    json::array any, rules;
    for (const std::string& kind : kinds) {
        any.push_back(definition(kind + "Layer"));
        rules.push_back(rule_for(kind));
    }
    any.push_back(definition("recipeLayer"));
    any.push_back(json::object{{"type", "object"}});
    const json::object text{{"type", "string"}, {"minLength", 1}};
    rules.push_back(json::object{{"properties", json::object{{"use", text}}}});
    return {
        {"recipeLayer",
         json::object{{"description",
                       "A recipe: a folder with a layer.toml, by name or by path. Its parameters stand beside 'use'."},
                      {"type", "object"},
                      {"properties", json::object{{"use", recipe_use}}},
                      {"required", json::array{"use"}}}},
        {"layer", json::object{{"description", "One or more layers of the image."},
                               {"type", "object"},
                               {"required", json::array{"use"}},
                               {"anyOf", std::move(any)},
                               {"allOf", std::move(rules)}}}};
}

}  // namespace tmplbuild
