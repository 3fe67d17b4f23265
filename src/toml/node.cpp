// SPDX-License-Identifier: Apache-2.0
#include "toml/node.hpp"

#include <algorithm>
#include <utility>

namespace tmplbuild::toml_tree {

Node Node::make_text(std::string value, SourcePos where) {
    Node node;
    node.kind = Kind::text;
    node.text = std::move(value);
    node.pos = std::move(where);
    return node;
}

Node Node::make_table(SourcePos where) {
    Node node;
    node.pos = std::move(where);
    return node;
}

const Member* Node::find(std::string_view key) const {
    const auto found = std::find_if(members.begin(), members.end(), [&](const Member& m) { return m.key == key; });
    return found == members.end() ? nullptr : &*found;
}

Member* Node::find(std::string_view key) { return const_cast<Member*>(std::as_const(*this).find(key)); }

Node& Node::insert_or_assign(const std::string& key, const SourcePos& key_pos, Node value) {
    if (Member* existing = find(key)) {
        existing->key_pos = key_pos;
        existing->value = std::move(value);
        return existing->value;
    }
    const auto place =
        std::find_if(members.begin(), members.end(), [&](const Member& member) { return member.key > key; });
    return members.insert(place, Member{key, key_pos, std::move(value)})->value;
}

const char* Node::kind_name() const {
    switch (kind) {
        case Kind::text:
            return "a string";
        case Kind::integer:
            return "an integer";
        case Kind::real:
            return "a number with a fraction";
        case Kind::boolean:
            return "a boolean";
        case Kind::time:
            return "a date or time";
        case Kind::array:
            return "an array";
        case Kind::table:
            return "a table";
    }
    return "a value";
}

static std::string shortened(const std::string& text) {
    constexpr std::size_t limit = 60;
    std::string out;
    for (char c : text) {
        if (out.size() >= limit && (static_cast<unsigned char>(c) & 0xC0) != 0x80) return out + "…";
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
    }
    return out;
}

std::string Node::describe() const {
    switch (kind) {
        case Kind::text:
            return "the string \"" + shortened(text) + "\"";
        case Kind::integer:
            return "the integer " + std::to_string(integer);
        case Kind::boolean:
            return flag ? "the boolean true" : "the boolean false";
        default:
            return kind_name();
    }
}

}  // namespace tmplbuild::toml_tree
