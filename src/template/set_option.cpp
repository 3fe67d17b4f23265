// SPDX-License-Identifier: Apache-2.0
#include "template/set_option.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "toml/toml_text.hpp"

namespace tmplbuild {

using toml_tree::Node;

// The name of an entry of an array: its 'name', else its 'use'.
static std::string entry_name(const Node& entry) {
    for (const char* key : {"name", "use"})
        if (const auto* member = entry.find(key); member != nullptr && member->value.is_text())
            return member->value.text;
    return {};
}

static Node* find_entry(Node& array, const std::string& part, std::vector<std::string>& names) {
    std::size_t index = 0;
    const auto [rest, code] = std::from_chars(part.data(), part.data() + part.size(), index);
    const bool number = code == std::errc() && rest == part.data() + part.size();
    if (number) return index < array.items.size() ? &array.items[index] : nullptr;
    for (Node& entry : array.items) {
        names.push_back(entry_name(entry));
        if (names.back() == part) return &entry;
    }
    std::erase(names, std::string());
    return nullptr;
}

void apply_set(Node& tree, const std::string& option, Report& report) {
    const SourcePos where{"--set " + option, 0, 0};
    const std::size_t equals = option.find('=');
    const auto parts = split(trim(std::string_view(option).substr(0, equals)), '.');
    if (equals == std::string::npos || std::find(parts.begin(), parts.end(), "") != parts.end())
        return report.error(where, "--set takes key=value", "like --set targets.cuda=13.0");
    if (parts.size() > toml_tree::max_key_parts)
        return report.error(where, "a dotted key has more than " + std::to_string(toml_tree::max_key_parts) + " parts",
                            "no key of a template is that deep");
    Node* at = &tree;
    std::string so_far;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const bool last = i + 1 == parts.size();
        so_far += (i == 0 ? "" : ".") + parts[i];
        if (at->is_array()) {
            std::vector<std::string> names;
            Node* entry = find_entry(*at, parts[i], names);
            if (entry == nullptr)
                return report.error(where, "there is no '" + so_far + "' in the template",
                                    names.empty()
                                        ? "it has " + std::to_string(at->items.size()) + " entries, counted from 0"
                                        : "known: " + join(names, ", "));
            at = entry;
            if (last) *at = toml_tree::parse_set_value(std::string_view(option).substr(equals + 1), where);
        } else if (at->is_table()) {
            if (last) {
                at->insert_or_assign(parts[i], where,
                                     toml_tree::parse_set_value(std::string_view(option).substr(equals + 1), where));
                return;
            }
            auto* member = at->find(parts[i]);
            at = member != nullptr ? &member->value : &at->insert_or_assign(parts[i], where, Node::make_table(where));
        } else {
            return report.error(where, "'" + so_far + "' is inside " + at->describe() + ", which has no keys", {});
        }
    }
}

}  // namespace tmplbuild
