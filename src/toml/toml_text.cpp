// SPDX-License-Identifier: Apache-2.0
#include "toml/toml_text.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "base/text.hpp"

namespace tmplbuild::toml_tree {
namespace {

// Positions come from TOML++, except for `--set` values, whose only place is the option itself.
struct Places {
    std::string file;
    const SourcePos* fixed = nullptr;

    SourcePos of(const toml::source_region& region) const {
        if (fixed != nullptr) return *fixed;
        return {file, region.begin.line, region.begin.column};
    }
};

Node convert(const toml::node& from, const Places& places);

Node convert_table(const toml::table& from, const Places& places) {
    Node node = Node::make_table(places.of(from.source()));
    for (auto&& [key, value] : from)
        node.members.push_back({std::string(key.str()), places.of(key.source()), convert(value, places)});
    return node;
}

Node convert(const toml::node& from, const Places& places) {
    if (const auto* table = from.as_table()) return convert_table(*table, places);
    Node node;
    node.pos = places.of(from.source());
    if (const auto* array = from.as_array()) {
        node.kind = Node::Kind::array;
        for (const auto& item : *array) node.items.push_back(convert(item, places));
    } else if (const auto* text = from.as_string()) {
        node.kind = Node::Kind::text;
        node.text = text->get();
    } else if (const auto* integer = from.as_integer()) {
        node.kind = Node::Kind::integer;
        node.integer = integer->get();
    } else if (const auto* real = from.as_floating_point()) {
        node.kind = Node::Kind::real;
        node.real = real->get();
    } else if (const auto* flag = from.as_boolean()) {
        node.kind = Node::Kind::boolean;
        node.flag = flag->get();
    } else {
        node.kind = Node::Kind::time;
        std::ostringstream written;
        from.visit([&](const auto& value) {
            if constexpr (toml::is_chronological<decltype(value)>) written << value.get();
        });
        node.text = written.str();
    }
    return node;
}

// The message of TOML++ on one line, without the part that names its own grammar rules twice.
std::string plain_words(std::string_view description) {
    std::string text;
    for (char c : description)
        if (static_cast<unsigned char>(c) >= 0x20) text += c;
    constexpr std::string_view prefix = "Error while parsing ";
    if (text.starts_with(prefix))
        text = "not valid TOML, while reading " + text.substr(prefix.size());
    else
        text = "not valid TOML: " + text;
    return text;
}

std::string syntax_hint(std::string_view description) {
    const auto has = [&](std::string_view part) { return description.find(part) != std::string_view::npos; };
    if (has("cannot redefine")) return "each key and each [table] is written once; repeat only [[tables in an array]]";
    if (has("expected '='")) return "a key with spaces or special characters needs quotes";
    if (has("unescaped control") || has("parsing string: encountered end-of-file"))
        return "the string's closing quote is missing";
    if (has("representable")) return "integers have 64 bits";
    if (has("dangling comma")) return "an inline table has no comma after its last value";
    if (has("parsing boolean") || has("could not determine value type")) return "strings need quotes";
    return {};
}

void set_typed(Node& node, const std::string& text) {
    if (node.kind == Node::Kind::integer || node.kind == Node::Kind::real || node.kind == Node::Kind::boolean ||
        node.kind == Node::Kind::time)
        node.typed = text;
}

}  // namespace

Result<Node> parse_toml(std::string_view text, const std::string& file, std::size_t limit) {
    if (const auto checked = check_toml_bytes(text, file, limit); !checked) return checked.error();
    try {
        return convert_table(toml::parse(text, file), Places{file, nullptr});
    } catch (const toml::parse_error& problem) {
        Error error = usage_error(plain_words(problem.description()), syntax_hint(problem.description()));
        error.where = SourcePos{file, problem.source().begin.line, problem.source().begin.column};
        return error;
    }
}

Node parse_set_value(std::string_view text, const SourcePos& where) {
    const std::string document = "value = " + std::string(text) + "\n";
    const bool one_line = text.find('\n') == std::string_view::npos;
    if (one_line && check_toml_bytes(document, where.file)) {
        try {
            const toml::table parsed = toml::parse(document);
            if (parsed.size() == 1) {
                Node node = convert(*parsed.get("value"), Places{where.file, &where});
                set_typed(node, std::string(trim(text)));
                return node;
            }
        } catch (const toml::parse_error&) {
            // A text that is no TOML value is taken as a string, since quotes are hard to pass through a shell.
        }
    }
    return Node::make_text(std::string(text), where);
}

}  // namespace tmplbuild::toml_tree
