// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "catalogue/catalogue.hpp"
#include "toml/list_hint.hpp"

namespace tmplbuild::catalogue {
namespace {

std::string list_of(const std::vector<std::string>& texts) {
    std::vector<std::string> quoted;
    for (const std::string& text : texts) quoted.push_back(toml_quoted(text));
    return "[" + join(quoted, ", ") + "]";
}

void add_text(std::string& out, const char* key, const std::string& value) {
    if (!value.empty()) out += std::string(key) + " = " + toml_quoted(value) + "\n";
}

void add_number(std::string& out, const char* key, const std::optional<std::uint64_t>& value) {
    if (value) out += std::string(key) + " = " + std::to_string(*value) + "\n";
}

void add_entry(std::string& out, const Entry& entry) {
    out += "\n[[sets.models]]\n";
    add_text(out, "id", entry.id);
    add_text(out, "name", entry.name);
    add_text(out, "title", entry.title);
    add_text(out, "directory", entry.directory);
    out += "urls = " + list_of(entry.urls) + "\n";
    add_number(out, "size", entry.size);
    add_number(out, "about_bytes", entry.about_bytes);
    add_text(out, "sha256", entry.sha256);
    add_text(out, "commit", entry.commit);
    add_text(out, "licence", entry.licence);
    add_text(out, "link", entry.link);
    add_number(out, "memory_bytes", entry.memory_bytes);
    if (entry.gated) out += "gated = true\n";
}

}  // namespace

std::string write_catalogue(const Catalogue& catalogue) {
    std::string out = "schema = 1\n";
    if (!catalogue.order.empty()) out += "order = " + list_of(catalogue.order) + "\n";
    if (!catalogue.hidden_sets.empty()) out += "hidden_sets = " + list_of(catalogue.hidden_sets) + "\n";
    if (!catalogue.hidden_models.empty()) out += "hidden_models = " + list_of(catalogue.hidden_models) + "\n";
    for (const ModelSet& set : catalogue.sets) {
        out += "\n[[sets]]\n";
        add_text(out, "name", set.name);
        add_text(out, "title", set.title);
        for (const Entry& entry : set.entries) add_entry(out, entry);
    }
    return out;
}

}  // namespace tmplbuild::catalogue
