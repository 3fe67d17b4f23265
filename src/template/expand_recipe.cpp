// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "template/recipe.hpp"

namespace tmplbuild {

using toml_tree::Node;

using Values = std::map<std::string, Node>;

static bool has_type(const Node& node, const std::string& type) {
    if (type == "string") return node.is_text() || node.typed.has_value();
    if (type == "integer") return node.kind == Node::Kind::integer;
    if (type == "boolean") return node.kind == Node::Kind::boolean;
    return node.is_array() &&
           std::all_of(node.items.begin(), node.items.end(), [](const Node& i) { return i.is_text(); });
}

static std::string article(const std::string& type) {
    return type == "integer" ? "an integer" : type == "list" ? "an array of strings" : "a " + type;
}

static std::string as_text(const Node& node) {
    if (node.typed) return *node.typed;
    if (node.kind == Node::Kind::integer) return std::to_string(node.integer);
    if (node.kind == Node::Kind::boolean) return node.flag ? "true" : "false";
    return node.text;
}

struct Parameter {
    std::string name, type, description;
    const Node* standard = nullptr;  // the default; nullptr: the template must give a value
    std::vector<const Node*> allowed;
};

static Parameter read_parameter(const toml_tree::Member& member, Report& report) {
    Parameter parameter;
    parameter.name = member.key;
    TableReader table(member.value, "[parameters." + member.key + "]", report);
    const bool word = !member.key.empty() && member.key.front() >= 'a' && member.key.front() <= 'z' &&
                      member.key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
    if (!word || member.key == "use")
        report.error(member.key_pos, "'" + member.key + "' is not a valid name of a parameter",
                     "lower-case letters, digits and '_', a letter first, and not 'use'");
    table.require("type", "type = \"string\"");
    table.require("description", "description = \"…\"");
    const std::vector<std::string> types = {"string", "integer", "boolean", "list"};
    if (const auto choice = table.choice("type", types)) parameter.type = types[*choice];
    if (const auto text = table.text("description")) parameter.description = text->value;
    parameter.standard = table.any("default");
    const Node* allowed = table.any("allowed");
    if (allowed != nullptr && !allowed->is_array()) table.wrong("allowed", *allowed, "an array");
    if (allowed != nullptr)
        for (const Node& item : allowed->items) parameter.allowed.push_back(&item);
    table.finish();
    if (parameter.standard != nullptr && !parameter.type.empty() && !has_type(*parameter.standard, parameter.type))
        table.wrong("default", *parameter.standard, article(parameter.type));
    return parameter;
}

static Values read_values(const std::vector<Parameter>& parameters, const std::string& recipe, const Node& use,
                          Report& report) {
    Values values;
    TableReader table(use, "the use of recipe '" + recipe + "'", report);
    table.any("use");
    for (const auto& parameter : parameters) {
        const Node* given = table.any(parameter.name);
        if (given == nullptr && parameter.standard == nullptr) {
            report.error(use.pos, "recipe '" + recipe + "' needs '" + parameter.name + "'", parameter.description);
            continue;
        }
        if (given == nullptr) {
            values[parameter.name] = *parameter.standard;
            continue;
        }
        if (!parameter.type.empty() && !has_type(*given, parameter.type)) {
            table.wrong(parameter.name, *given, article(parameter.type), parameter.description);
            continue;
        }
        std::vector<std::string> names;
        for (const Node* node : parameter.allowed) names.push_back(as_text(*node));
        if (!names.empty() && std::find(names.begin(), names.end(), as_text(*given)) == names.end()) {
            table.wrong(parameter.name, *given, "one of " + join(names, ", "), did_you_mean(as_text(*given), names));
            continue;
        }
        values[parameter.name] = *given;
        if (parameter.type == "string") values[parameter.name] = Node::make_text(as_text(*given), given->pos);
    }
    table.finish();
    return values;
}

// Replaces the parameters in one text. `complete` is set to the parameter's node when the text is that parameter alone.
static std::string replace_parameters(const std::string& text, const Values& values,
                                      const std::vector<std::string>& names, const SourcePos& pos, Report& report,
                                      const Node*& complete) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text.compare(i, 3, "$${") == 0) {
            out += "${";
            i += 2;
            continue;
        }
        const std::size_t close = text.compare(i, 2, "${") == 0 ? text.find('}', i) : std::string::npos;
        if (close == std::string::npos) {
            out += text[i];
            continue;
        }
        const std::string name = text.substr(i + 2, close - i - 2);
        const auto value = values.find(name);
        if (value == values.end()) {
            if (std::find(names.begin(), names.end(), name) == names.end()) {
                const std::string nearest = did_you_mean(name, names);
                report.error(pos, "'${" + name + "}' is not a parameter of this recipe",
                             (nearest.empty() ? "" : nearest + "; ") + "write $${" + name + "} for the text itself");
            }
        } else if (i == 0 && close + 1 == text.size()) {
            complete = &value->second;
        } else if (value->second.is_array()) {
            report.error(pos, "'${" + name + "}' is a list and stands inside a text", "let it stand alone in an array");
        } else {
            out += as_text(value->second);
        }
        i = close;
    }
    return out;
}

static Node substitute(const Node& node, const Values& values, const std::vector<std::string>& names, Report& report) {
    Node out = node;
    if (node.is_text()) {
        const Node* complete = nullptr;
        out.text = replace_parameters(node.text, values, names, node.pos, report, complete);
        if (complete != nullptr) {
            out = *complete;
            out.pos = node.pos;
        }
    }
    if (node.is_array()) {
        out.items.clear();
        for (const Node& item : node.items) {
            Node filled = substitute(item, values, names, report);
            if (item.is_text() && filled.is_array())
                out.items.insert(out.items.end(), filled.items.begin(), filled.items.end());
            else
                out.items.push_back(std::move(filled));
        }
    }
    for (auto& member : out.members) member.value = substitute(member.value, values, names, report);
    return out;
}

RecipeParts expand_recipe(const RecipeFile& recipe, const Node& use, Report& report) {
    RecipeParts parts;
    TableReader raw(recipe.tree, "", report);
    std::vector<Parameter> parameters;
    if (const Node* table = raw.table("parameters"))
        for (const auto& member : table->members) parameters.push_back(read_parameter(member, report));
    std::vector<std::string> names;
    for (const auto& parameter : parameters) names.push_back(parameter.name);
    raw.require("name", "name = \"…\"");
    parts.name = read_name(raw, "name").value_or(recipe.directory.filename().string());
    const std::size_t before = report.count();
    const Values values = read_values(parameters, parts.name, use, report);
    // A wrong parameter would be reported again at each place where the recipe uses it.
    if (report.count() != before) return parts;

    const Report::Frame frame(report, "using recipe '" + parts.name + "' at " + use.pos.to_string());
    // Parameters are not replaced in each other: a default is a plain value.
    Node filled = Node::make_table(recipe.tree.pos);
    for (const auto& member : recipe.tree.members)
        filled.members.push_back(
            {member.key, member.key_pos,
             member.key == "parameters" ? member.value : substitute(member.value, values, names, report)});
    TableReader top(filled, "", report);
    for (const char* key : {"kind", "name", "parameters"}) top.any(key);
    top.require("schema", "schema = 1");
    top.integer("schema", 1, 1);
    top.text("summary");
    top.text("version");
    parts.packages = read_debian_packages(top, "packages", report);
    Reading reading{report, recipe.directory, parts.name};
    for (const Node* node : top.tables("layers")) {
        TableReader entry(*node, "[[layers]]", report);
        entry.require("use", "use = \"files\"");
        const auto kind = entry.choice("use", layer_kinds());
        if (kind) parts.layers.push_back(read_layer(*node, layer_kinds()[*kind], reading));
    }
    for (const Node* node : top.tables("services"))
        if (auto service = read_service(*node, reading)) parts.services.push_back(std::move(*service));
    top.finish();
    return parts;
}

}  // namespace tmplbuild
