// SPDX-License-Identifier: Apache-2.0
#include "toml/table_reader.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.hpp"

namespace tmplbuild {

using toml_tree::Member;
using toml_tree::Node;

// For a text in the place of a number or a truth value: a hint where only the quotes are wrong.
static std::string unquoted(const Node& node, bool fits) {
    return node.is_text() && fits ? "without quotes: " + node.text : "";
}

template <class Number>
static std::optional<Number> number_in(const std::string& text) {
    Number value{};
    const auto [rest, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || rest != text.data() + text.size()) return std::nullopt;
    return value;
}

TableReader::TableReader(const Node& table, std::string label, Report& report)
    : node_(table), label_(std::move(label)), report_(report) {
    if (!table.is_table()) report_.error(table.pos, label_ + " must be a table, found " + table.describe());
}

std::string TableReader::named(std::string_view key) const {
    return "'" + std::string(key) + "'" + (label_.empty() ? "" : " in " + label_);
}

SourcePos TableReader::pos_of(std::string_view key) const {
    const Member* member = node_.find(key);
    return member != nullptr ? member->value.pos : node_.pos;
}

SourcePos TableReader::key_pos_of(std::string_view key) const {
    const Member* member = node_.find(key);
    return member != nullptr ? member->key_pos : node_.pos;
}

const Node* TableReader::any(std::string_view key) {
    if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) asked_.emplace_back(key);
    const Member* member = node_.find(key);
    return member != nullptr ? &member->value : nullptr;
}

void TableReader::wrong(std::string_view key, const Node& node, const std::string& expected, std::string hint) {
    report_.error(node.pos, named(key) + " must be " + expected + ", found " + node.describe(), std::move(hint));
}

void TableReader::error(std::string_view key, const std::string& problem, std::string hint) {
    report_.error(pos_of(key), named(key) + " " + problem, std::move(hint));
}

std::optional<std::string> TableReader::as_text(const Node& node, const std::string& what) {
    if (!node.is_text() && !node.typed) {
        const bool scalar = !node.is_table() && !node.is_array();
        report_.error(node.pos, what + " must be a string, found " + node.describe(), scalar ? "put it in quotes" : "");
        return std::nullopt;
    }
    const std::string& value = node.typed ? *node.typed : node.text;
    if (value.find('\0') != std::string::npos) {
        report_.error(node.pos, what + " holds a NUL character", "no path, argument or variable can hold one");
        return std::nullopt;
    }
    return value;
}

std::optional<Placed<std::string>> TableReader::text(std::string_view key) {
    const Node* node = any(key);
    if (node == nullptr) return std::nullopt;
    auto value = as_text(*node, named(key));
    if (!value) return std::nullopt;
    if (value->empty()) {
        error(key, "is empty", "write a value, or leave the key out");
        return std::nullopt;
    }
    return Placed<std::string>{std::move(*value), node->pos};
}

std::optional<Placed<std::int64_t>> TableReader::integer(std::string_view key, std::int64_t least, std::int64_t most) {
    const Node* node = any(key);
    if (node == nullptr) return std::nullopt;
    if (node->kind == Node::Kind::integer && node->integer >= least && node->integer <= most)
        return Placed<std::int64_t>{node->integer, node->pos};
    const std::string expected = least == most
                                     ? std::to_string(least)
                                     : "an integer from " + std::to_string(least) + " to " + std::to_string(most);
    const auto inside = number_in<std::int64_t>(node->text);
    wrong(key, *node, expected, unquoted(*node, inside && *inside >= least && *inside <= most));
    return std::nullopt;
}

std::optional<Placed<double>> TableReader::number(std::string_view key) {
    const Node* node = any(key);
    if (node == nullptr) return std::nullopt;
    const bool integer = node->kind == Node::Kind::integer;
    const double value = integer ? static_cast<double>(node->integer) : node->real;
    if ((integer || node->kind == Node::Kind::real) && value > 0 && value < 1e9)
        return Placed<double>{value, node->pos};
    const auto inside = number_in<double>(node->text);
    wrong(key, *node, "a number above 0", unquoted(*node, inside && *inside > 0 && *inside < 1e9));
    return std::nullopt;
}

std::optional<Placed<bool>> TableReader::boolean(std::string_view key) {
    const Node* node = any(key);
    if (node == nullptr) return std::nullopt;
    if (node->kind == Node::Kind::boolean) return Placed<bool>{node->flag, node->pos};
    std::string hint = unquoted(*node, node->text == "true" || node->text == "false");
    if (node->is_text() && (node->text == "yes" || node->text == "on")) hint = "write true";
    if (node->is_text() && (node->text == "no" || node->text == "off")) hint = "write false";
    wrong(key, *node, "true or false", hint);
    return std::nullopt;
}

std::vector<Placed<std::string>> TableReader::texts(std::string_view key, ListOf kind) {
    const Node* node = any(key);
    std::vector<Placed<std::string>> list;
    if (node == nullptr) return list;
    if (!node->is_array()) {
        wrong(key, *node, "an array of strings", node->is_text() ? list_hint(node->text, kind) : "");
        return list;
    }
    for (const Node& item : node->items) {
        auto value = as_text(item, "each entry of " + named(key));
        if (value) list.push_back({std::move(*value), item.pos});
    }
    return list;
}

std::map<std::string, std::string> TableReader::text_map(std::string_view key) {
    std::map<std::string, std::string> map;
    const Node* node = table(key);
    if (node == nullptr) return map;
    for (const Member& member : node->members) {
        if (member.key.empty() || member.key.find('\0') != std::string::npos)
            report_.error(member.key_pos, named(key) + " has an empty or impossible name in it");
        auto value = as_text(member.value, "'" + member.key + "' of " + named(key));
        if (value) map[member.key] = std::move(*value);
    }
    return map;
}

std::optional<std::size_t> TableReader::choice(std::string_view key, const std::vector<std::string>& names,
                                               std::string_view prefix) {
    const Node* node = any(key);
    if (node == nullptr) return std::nullopt;
    std::string written = node->typed ? *node->typed : node->text;
    if (written.starts_with(prefix)) written.erase(0, prefix.size());
    const auto found = std::find(names.begin(), names.end(), written);
    if ((node->is_text() || node->typed) && found != names.end())
        return static_cast<std::size_t>(found - names.begin());
    std::string expected;
    for (std::size_t i = 0; i < names.size(); ++i)
        expected += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + ("\"" + names[i] + "\"");
    std::vector<std::string> candidates = names;
    if (!prefix.empty())
        for (const auto& name : names) candidates.push_back(std::string(prefix) + name);
    wrong(key, *node, expected, node->is_text() ? did_you_mean(node->text, candidates) : "");
    return std::nullopt;
}

const Node* TableReader::table(std::string_view key) {
    const Node* node = any(key);
    if (node == nullptr) return nullptr;
    if (node->is_table()) return node;
    wrong(key, *node, "a table");
    return nullptr;
}

std::vector<const Node*> TableReader::tables(std::string_view key) {
    std::vector<const Node*> list;
    const Node* node = any(key);
    if (node == nullptr) return list;
    if (!node->is_array()) {
        wrong(key, *node, "an array of tables",
              label_.empty() ? "start each entry with [[" + std::string(key) + "]]" : "write [{ … }, { … }]");
        return list;
    }
    for (const Node& item : node->items) {
        if (item.is_table())
            list.push_back(&item);
        else
            report_.error(item.pos, "each entry of " + named(key) + " must be a table, found " + item.describe());
    }
    return list;
}

bool TableReader::require(std::string_view key, std::string_view example) {
    if (!node_.is_table() || has(key)) return true;
    any(key);
    report_.error(node_.pos, (label_.empty() ? "the file" : label_) + " has no '" + std::string(key) + "'",
                  "add " + std::string(example));
    return false;
}

void TableReader::finish() {
    if (!node_.is_table()) return;
    for (const Member& member : node_.members) {
        if (std::find(asked_.begin(), asked_.end(), member.key) != asked_.end()) continue;
        std::string hint = did_you_mean(member.key, asked_);
        if (const auto known = hints_.find(member.key); known != hints_.end()) hint = known->second;
        std::vector<std::string> sorted = asked_;
        std::sort(sorted.begin(), sorted.end());
        if (hint.empty()) hint = sorted.empty() ? "no keys are known here" : "known keys: " + join(sorted, ", ");
        report_.error(member.key_pos, "unknown key '" + member.key + "'" + (label_.empty() ? "" : " in " + label_),
                      std::move(hint));
    }
}

std::vector<std::string> values(const std::vector<Placed<std::string>>& list) {
    std::vector<std::string> out;
    out.reserve(list.size());
    for (const auto& item : list) out.push_back(item.value);
    return out;
}

}  // namespace tmplbuild
