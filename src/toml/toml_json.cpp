// SPDX-License-Identifier: Apache-2.0
#include "toml/toml_json.hpp"

#include "toml/toml_text.hpp"

namespace tmplbuild {

using toml_tree::Node;

static json::value to_json(const Node& node) {
    switch (node.kind) {
        case Node::Kind::text:
        case Node::Kind::time:
            return json::value(node.text);
        case Node::Kind::integer:
            return json::value(node.integer);
        case Node::Kind::real:
            return json::value(node.real);
        case Node::Kind::boolean:
            return json::value(node.flag);
        case Node::Kind::array: {
            json::array list;
            for (const Node& item : node.items) list.push_back(to_json(item));
            return list;
        }
        case Node::Kind::table:
            break;
    }
    json::object object;
    for (const auto& member : node.members) object[member.key] = to_json(member.value);
    return object;
}

Result<json::value> toml_to_json(std::string_view text, const std::string& file) {
    auto tree = toml_tree::parse_toml(text, file, toml_tree::max_foreign_toml_bytes);
    if (!tree) return tree.error();
    return to_json(*tree);
}

}  // namespace tmplbuild
