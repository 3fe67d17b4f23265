// SPDX-License-Identifier: Apache-2.0
#include "catalogue/import.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/grammar.hpp"
#include "base/text.hpp"
#include "catalogue/links.hpp"
#include "catalogue/workflow.hpp"

namespace tmplbuild::catalogue {
namespace {

constexpr std::size_t longest_id = 63;

// "(13.31 GB)" behind a link to the file. The templates' GB are powers of 1024: their sums are the sizes of index.json.
std::optional<std::uint64_t> noted_size(std::string_view notes, std::string_view url) {
    const std::string wanted = std::string(url);
    for (std::size_t at = 0; (at = notes.find(wanted, at)) != std::string_view::npos; at += wanted.size()) {
        std::string_view rest = notes.substr(at + wanted.size(), 40);
        const std::size_t open = rest.find(" (");
        if (open > 16) continue;  // behind ")" or "?download=true)"; far away: of something else, or none
        rest.remove_prefix(open + 2);
        const std::string number(rest.substr(0, rest.find(' ')));
        char* end = nullptr;
        const double value = std::strtod(number.c_str(), &end);
        const std::string_view unit = rest.substr(std::min(number.size() + 1, rest.size()), 3);
        const double factor = unit == "GB)" ? 1024.0 * 1024 * 1024 : unit == "MB)" ? 1024.0 * 1024 : 0;
        if (number.empty() || *end != '\0' || !(value > 0 && value < 10'000) || factor == 0) continue;
        return static_cast<std::uint64_t>(std::round(value * factor / 1e6)) * 1'000'000;
    }
    return std::nullopt;
}

// All texts of the workflow's notes.
void collect_notes(const json::object& graph, std::string& out) {
    const json::value* nodes = graph.if_contains("nodes");
    if (nodes == nullptr || !nodes->is_array()) return;
    for (const json::value& one : nodes->get_array()) {
        const json::object* node = one.if_object();
        const json::value* widgets = node != nullptr ? node->if_contains("widgets_values") : nullptr;
        if (widgets == nullptr || !widgets->is_array() || json::string_or(*node, "type", "") != "MarkdownNote")
            continue;
        for (const json::value& text : widgets->get_array())
            if (text.is_string()) out += std::string(text.get_string()) + "\n";
    }
}

bool same_file(const Entry& a, const Entry& b) {
    return a.name == b.name && a.directory == b.directory && !a.urls.empty() && !b.urls.empty() &&
           a.urls.front() == b.urls.front();
}

}  // namespace

std::string id_for(std::string_view file_name, const std::set<std::string>& taken) {
    std::string base = to_lower(file_name.substr(file_name.rfind('/') + 1));
    if (is_model_file_name(base)) base = base.substr(0, base.rfind('.'));
    for (char& c : base)
        if (!is_name(std::string(1, c)) && c != '.' && c != '_' && c != '-') c = '-';
    base.erase(0, std::min(base.find_first_not_of("._-"), base.size()));
    base = base.substr(0, longest_id);
    if (!is_name(base)) base = "model";
    std::string id = base;
    for (int n = 2; taken.contains(id); ++n) {
        const std::string suffix = "-" + std::to_string(n);
        id = base.substr(0, longest_id - suffix.size()) + suffix;
    }
    return id;
}

Result<ModelSet> set_of_workflow(std::string_view text, const std::string& name, const std::string& title,
                                 std::set<std::string>& taken) {
    const auto needs = read_workflow(text, name);
    if (!needs) return needs.error();
    const auto parsed = json::parse(text, name);
    std::string notes;
    if (parsed && parsed->is_object()) collect_notes(parsed->get_object(), notes);
    ModelSet set{name, title, {}};
    for (const NeededModel& model : needs->models) {
        if (model.urls.empty() || model.directory.empty() || !model.is_used) continue;
        Entry entry{
            .id = id_for(model.name, taken), .name = model.name, .urls = model.urls, .directory = model.directory};
        entry.sha256 = model.sha256;
        entry.about_bytes = noted_size(notes, model.urls.front());
        const ModelLink link = read_link(model.urls.front());
        if (!link.repository.empty()) entry.link = "https://huggingface.co/" + link.repository;
        if (problem_of(entry)) continue;
        taken.insert(entry.id);
        set.entries.push_back(std::move(entry));
    }
    return set;
}

Catalogue with_sets(const Catalogue& old, const std::vector<ModelSet>& fresh) {
    Catalogue out = old;
    for (ModelSet set : fresh) {
        ModelSet* before = out.find_set(set.name);
        if (before == nullptr) {
            out.sets.push_back(std::move(set));
            continue;
        }
        for (Entry& entry : set.entries)
            for (const Entry& known : before->entries)
                if (same_file(known, entry)) {
                    Entry kept = known;
                    if (kept.sha256.empty()) kept.sha256 = entry.sha256;
                    if (entry.about_bytes) kept.about_bytes = entry.about_bytes;
                    entry = std::move(kept);
                    break;
                }
        *before = std::move(set);
    }
    return out;
}

}  // namespace tmplbuild::catalogue
