// SPDX-License-Identifier: Apache-2.0
#include "catalogue/workflow.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/grammar.hpp"
#include "base/text.hpp"
#include "catalogue/folders.hpp"
#include "catalogue/links.hpp"

namespace tmplbuild::catalogue {
namespace {

constexpr std::size_t longest_value = 500;
constexpr std::size_t max_nodes = 100'000, max_models = 2000;
constexpr int mode_muted = 2, mode_bypassed = 4;  // LiteGraph's modes "never" and "bypass"

// What a widget or an input of a node has: the name of a model file.
struct Value {
    std::string input;  // empty where only its place is known
    std::string name;
};

std::optional<std::string> model_name(const json::value& value) {
    if (!value.is_string()) return std::nullopt;
    std::string text(value.get_string());
    std::replace(text.begin(), text.end(), '\\', '/');  // as a page on Windows saves it
    if (text.size() > longest_value || !is_model_file_name(text) || problem_of_file_name(text)) return std::nullopt;
    if (text.find(':') != std::string::npos) return std::nullopt;  // a link
    return text;
}

void add_values(std::vector<Value>& out, const std::string& input, const json::value& value) {
    if (auto name = model_name(value)) out.push_back({input, std::move(*name)});
    if (const json::object* parts = value.if_object())  // one row of a node that has many: {"on": true, "lora": "x"}
        for (const auto& [key, part] : *parts)
            if (auto name = model_name(part)) out.push_back({std::string(key), std::move(*name)});
}

std::string text_of(const json::object& object, std::string_view key) { return json::string_or(object, key, ""); }

std::string id_of(const json::object& node) {
    const json::value* id = node.if_contains("id");
    if (id == nullptr) return {};
    return id->is_string() ? std::string(id->get_string()) : json::compact(*id);
}

class Collector {
  public:
    WorkflowNeeds run(const json::object& workflow);

  private:
    void learn(const json::value& models);
    void learn_graph(const json::object& graph);
    void read_graph(const json::object& graph, const std::string& subgraph);
    void read_node(const json::object& node, const std::string& subgraph);
    void read_instance(const json::object& node, const json::object& subgraph, bool used);
    void read_prompt(const json::object& prompt);
    std::vector<Value> values_of(const json::object& node, const std::string& type) const;
    void need(const std::string& name, std::string_view directory, const std::string& node, bool used);
    // The folder that the workflow itself gives for that name; empty where it gives none or several.
    std::string told_directory(const std::string& name) const;

    WorkflowNeeds needs_;
    std::map<std::pair<std::string, std::string>, std::size_t> known_;  // directory and name → index in needs_
    std::multimap<std::string, NeededModel> told_;                      // properties.models, by file name
    std::map<std::string, const json::object*> subgraphs_;
    std::set<std::string> overridden_;  // "SUBGRAPH/NODE/INPUT": what an instance gives to a node within
    std::set<std::string> unknown_;
    // First all instances of subgraphs are looked at: what they choose decides what the nodes within need.
    bool looks_at_instances_ = true;
    std::set<std::string> used_subgraphs_;  // that some node uses, neither muted nor bypassed
};

std::string last_part(const std::string& name) { return name.substr(name.rfind('/') + 1); }

void Collector::learn(const json::value& models) {
    const json::array* list = models.if_array();
    if (list == nullptr) return;
    for (const json::value& one : *list) {
        const json::object* model = one.if_object();
        if (model == nullptr || told_.size() >= max_models) continue;
        NeededModel told;
        const json::value* name = model->if_contains("name");
        auto file = name != nullptr ? model_name(*name) : std::nullopt;
        if (!file) continue;
        told.name = *file;
        told.directory = text_of(*model, "directory");
        std::string hint;
        if (problem_of_directory(told.directory, hint)) told.directory.clear();
        const ModelLink link = read_link(text_of(*model, "url"));
        if (link.problem.empty()) told.urls.push_back(link.url);
        const std::string hash = to_lower(text_of(*model, "hash"));
        if (text_of(*model, "hash_type") == "SHA256" && is_hex(hash, 64)) told.sha256 = hash;
        told_.emplace(last_part(told.name), std::move(told));
    }
}

void Collector::learn_graph(const json::object& graph) {
    if (const json::value* models = graph.if_contains("models")) learn(*models);
    const json::value* nodes = graph.if_contains("nodes");
    if (nodes == nullptr || !nodes->is_array()) return;
    for (const json::value& one : nodes->get_array()) {
        const json::object* node = one.if_object();
        const json::value* properties = node != nullptr ? node->if_contains("properties") : nullptr;
        if (properties == nullptr || !properties->is_object()) continue;
        if (const json::value* models = properties->get_object().if_contains("models")) learn(*models);
    }
}

std::string Collector::told_directory(const std::string& name) const {
    std::string found;
    const auto [begin, end] = told_.equal_range(last_part(name));
    for (auto at = begin; at != end; ++at) {
        if (!found.empty() && at->second.directory != found) return {};
        found = at->second.directory;
    }
    return found;
}

void Collector::need(const std::string& name, std::string_view directory, const std::string& node, bool used) {
    if (looks_at_instances_) return;
    std::string kind(directory);
    if (kind.empty()) kind = told_directory(name);
    if (kind.empty()) unknown_.insert(node);
    kind = kind_path(kind).kind;
    const auto [place, is_new] = known_.emplace(std::pair(kind, name), needs_.models.size());
    if (!is_new) {
        needs_.models[place->second].is_used |= used;
        return;
    }
    if (needs_.models.size() >= max_models) return;
    NeededModel model{name, kind, {}, {}, node, used};
    const auto [begin, end] = told_.equal_range(last_part(name));
    for (auto at = begin; at != end; ++at) {
        const NeededModel& told = at->second;
        if (!told.directory.empty() && kind_path(told.directory).kind != kind) continue;
        for (const std::string& url : told.urls)
            if (std::find(model.urls.begin(), model.urls.end(), url) == model.urls.end()) model.urls.push_back(url);
        if (model.sha256.empty()) model.sha256 = told.sha256;
    }
    needs_.models.push_back(std::move(model));
}

std::vector<Value> Collector::values_of(const json::object& node, const std::string& type) const {
    std::vector<Value> out;
    const json::value* widgets = node.if_contains("widgets_values");
    if (widgets == nullptr) return out;
    if (const json::object* named = widgets->if_object())
        for (const auto& [key, value] : *named) add_values(out, std::string(key), value);
    if (const json::array* list = widgets->if_array()) {
        std::vector<std::string_view> inputs;
        for (const LoaderInput& input : loader_inputs())
            if (input.node == type) inputs.push_back(input.input);
        for (const json::value& value : *list) {
            const std::size_t before = out.size();
            // A name stands at the place of the next input of the table; the last one takes all that follow.
            add_values(out, inputs.empty() ? "" : std::string(inputs[std::min(before, inputs.size() - 1)]), value);
        }
    }
    return out;
}

// A node that stands for a subgraph: its widgets are widgets of the nodes within (properties.proxyWidgets).
void Collector::read_instance(const json::object& node, const json::object& subgraph, bool used) {
    const std::string id = text_of(subgraph, "id");
    if (used) used_subgraphs_.insert(id);
    std::vector<std::pair<std::string, std::string>> inner;  // a node's id and its input
    if (const json::value* properties = node.if_contains("properties");
        properties != nullptr && properties->is_object())
        if (const json::value* proxies = properties->get_object().if_contains("proxyWidgets");
            proxies != nullptr && proxies->is_array())
            for (const json::value& proxy : proxies->get_array())
                if (const json::array* pair = proxy.if_array();
                    pair != nullptr && pair->size() >= 2 && (*pair)[0].is_string() && (*pair)[1].is_string())
                    inner.emplace_back(std::string((*pair)[0].get_string()), std::string((*pair)[1].get_string()));
    std::map<std::string, std::string> types;
    if (const json::value* nodes = subgraph.if_contains("nodes"); nodes != nullptr && nodes->is_array())
        for (const json::value& one : nodes->get_array())
            if (const json::object* part = one.if_object()) types[id_of(*part)] = text_of(*part, "type");
    const json::value* widgets = node.if_contains("widgets_values");
    const json::array* list = widgets != nullptr ? widgets->if_array() : nullptr;
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        const auto name = model_name((*list)[i]);
        if (!name) continue;
        std::string_view directory;
        std::string type = text_of(subgraph, "name");
        if (list->size() == inner.size()) {
            const auto& [part, input] = inner[i];
            if (types.contains(part)) type = types[part];
            directory = directory_of_input(type, input);
            overridden_.insert(id + "/" + part + "/" + input);
        }
        need(*name, directory, type, used);
    }
}

void Collector::read_node(const json::object& node, const std::string& subgraph) {
    const std::string type = text_of(node, "type").substr(0, longest_value);
    const std::int64_t mode = json::int_or(node, "mode", 0);
    const bool used = mode != mode_muted && mode != mode_bypassed &&
                      (subgraph.empty() || looks_at_instances_ || used_subgraphs_.contains(subgraph));
    if (const auto inner = subgraphs_.find(type); inner != subgraphs_.end())
        return read_instance(node, *inner->second, used);
    const std::vector<Value> values = values_of(node, type);
    for (const Value& value : values) {
        if (overridden_.contains(subgraph + "/" + id_of(node) + "/" + value.input)) continue;
        need(value.name, directory_of_input(type, value.input), type, used);
    }
    if (!values.empty()) return;
    // Models that the node tells of without naming them itself, as nodes that fetch their own do.
    const json::value* properties = node.if_contains("properties");
    const json::value* models =
        properties != nullptr && properties->is_object() ? properties->get_object().if_contains("models") : nullptr;
    if (models == nullptr || !models->is_array()) return;
    for (const json::value& one : models->get_array())
        if (const json::object* model = one.if_object())
            if (const json::value* name = model->if_contains("name"))
                if (const auto file = model_name(*name)) need(*file, text_of(*model, "directory"), type, used);
}

void Collector::read_graph(const json::object& graph, const std::string& subgraph) {
    const json::value* nodes = graph.if_contains("nodes");
    if (nodes == nullptr || !nodes->is_array()) return;
    std::size_t count = 0;
    for (const json::value& one : nodes->get_array())
        if (const json::object* node = one.if_object(); node != nullptr && ++count <= max_nodes)
            read_node(*node, subgraph);
}

// The API's form: {"3": {"class_type": "VAELoader", "inputs": {"vae_name": "x.safetensors"}}}.
void Collector::read_prompt(const json::object& prompt) {
    for (const auto& [id, one] : prompt) {
        const json::object* node = one.if_object();
        const json::value* inputs = node != nullptr ? node->if_contains("inputs") : nullptr;
        if (inputs == nullptr || !inputs->is_object()) continue;
        const std::string type = text_of(*node, "class_type").substr(0, longest_value);
        std::vector<Value> values;
        for (const auto& [key, value] : inputs->get_object()) add_values(values, std::string(key), value);
        for (const Value& value : values) need(value.name, directory_of_input(type, value.input), type, true);
    }
}

WorkflowNeeds Collector::run(const json::object& workflow) {
    if (!workflow.contains("nodes")) {
        looks_at_instances_ = false;
        const json::value* prompt = workflow.if_contains("prompt");
        read_prompt(prompt != nullptr && prompt->is_object() ? prompt->get_object() : workflow);
    } else {
        const json::value* definitions = workflow.if_contains("definitions");
        const json::value* list = definitions != nullptr && definitions->is_object()
                                      ? definitions->get_object().if_contains("subgraphs")
                                      : nullptr;
        if (list != nullptr && list->is_array())
            for (const json::value& one : list->get_array())
                if (const json::object* subgraph = one.if_object()) subgraphs_[text_of(*subgraph, "id")] = subgraph;
        learn_graph(workflow);
        for (const auto& [id, subgraph] : subgraphs_) learn_graph(*subgraph);
        for (const bool first : {true, false}) {
            looks_at_instances_ = first;
            read_graph(workflow, "");
            for (const auto& [id, subgraph] : subgraphs_) read_graph(*subgraph, id);
        }
    }
    needs_.nodes_unknown.assign(unknown_.begin(), unknown_.end());
    return std::move(needs_);
}

// Python writes numbers that are none as NaN and Infinity, which JSON does not have.
std::string without_nan(std::string_view text) {
    std::string out;
    bool in_string = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (in_string && c == '\\' && at + 1 < text.size()) {
            out += c;
            out += text[++at];
            continue;
        }
        if (c == '"') in_string = !in_string;
        std::size_t length = 0;
        for (const std::string_view word : {"NaN", "-Infinity", "Infinity"})
            if (!in_string && length == 0 && text.substr(at).starts_with(word)) length = word.size();
        if (length == 0) {
            out += c;
            continue;
        }
        out += "null";
        at += length - 1;
    }
    return out;
}

}  // namespace

WorkflowNeeds needs_of(const json::object& workflow) { return Collector().run(workflow); }

Result<WorkflowNeeds> read_workflow(std::string_view text, const std::string& name) {
    if (text.size() > max_workflow_bytes) return usage_error(name + " is longer than any workflow");
    const auto parsed = json::parse(without_nan(text), name);
    if (!parsed) return parsed.error();
    const json::object* workflow = parsed->if_object();
    const auto is_node = [](const auto& member) {
        const json::object* node = member.value().if_object();
        return node != nullptr && node->contains("class_type");
    };
    const bool is_workflow = workflow != nullptr && (workflow->contains("nodes") || workflow->contains("prompt") ||
                                                     std::any_of(workflow->begin(), workflow->end(), is_node));
    if (!is_workflow)
        return usage_error(name + " is no workflow of ComfyUI",
                           "a workflow is saved by ComfyUI's menu: 'Save' or 'Export (API)'");
    return needs_of(*workflow);
}

}  // namespace tmplbuild::catalogue
