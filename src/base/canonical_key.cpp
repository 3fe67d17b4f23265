// SPDX-License-Identifier: Apache-2.0
#include "base/canonical_key.hpp"

namespace tmplbuild {

CanonicalKey& CanonicalKey::push(std::string_view name, Type type, std::vector<std::string> values) {
    inputs_.push_back(Input{std::string(name), type, std::move(values)});
    return *this;
}

CanonicalKey& CanonicalKey::add(std::string_view name, std::string_view text) {
    return push(name, Type::text, {std::string(text)});
}
CanonicalKey& CanonicalKey::add(std::string_view name, std::int64_t number) {
    return push(name, Type::number, {std::to_string(number)});
}
CanonicalKey& CanonicalKey::add(std::string_view name, bool flag) {
    return push(name, Type::flag, {flag ? "true" : "false"});
}
CanonicalKey& CanonicalKey::add(std::string_view name, const Digest& digest) {
    return push(name, Type::digest, {digest.to_string()});
}
CanonicalKey& CanonicalKey::add(std::string_view name, const std::vector<std::string>& list) {
    return push(name, Type::list, list);
}

static void frame(Sha256& hasher, std::string_view bytes) {
    std::string length = std::to_string(bytes.size());
    length += ':';
    hasher.update(length);
    hasher.update(bytes);
}

Digest CanonicalKey::digest() const {
    Sha256 hasher;
    frame(hasher, "tmplbuild-key-1");
    for (const auto& input : inputs_) {
        frame(hasher, input.name);
        const char type = static_cast<char>(input.type);
        hasher.update(std::string_view(&type, 1));
        frame(hasher, std::to_string(input.values.size()));
        for (const auto& value : input.values) frame(hasher, value);
    }
    return hasher.finish();
}

static const char* type_name(char type) {
    switch (type) {
        case 't':
            return "text";
        case 'n':
            return "number";
        case 'b':
            return "flag";
        case 'd':
            return "digest";
        default:
            return "list";
    }
}

json::array CanonicalKey::to_json() const {
    json::array list;
    for (const auto& input : inputs_) {
        json::object entry;
        entry["name"] = input.name;
        entry["type"] = type_name(static_cast<char>(input.type));
        if (input.type == Type::list)
            entry["value"] = json::array(input.values.begin(), input.values.end());
        else
            entry["value"] = input.values.front();
        list.push_back(std::move(entry));
    }
    return list;
}

Result<CanonicalKey> CanonicalKey::from_json(const json::array& list) {
    CanonicalKey key;
    for (const auto& element : list) {
        const auto* entry = element.if_object();
        if (entry == nullptr) return build_error("a key's input is not an object");
        auto name = json::get_string(*entry, "name");
        auto type = json::get_string(*entry, "type");
        const auto* value = entry->if_contains("value");
        if (!name || !type || value == nullptr) return build_error("a key's input lacks name, type or value");
        std::vector<std::string> values;
        if (const auto* many = value->if_array()) {
            for (const auto& one : *many) {
                if (!one.is_string()) return build_error("a key's list holds something that is not a string");
                values.emplace_back(one.get_string());
            }
        } else if (value->is_string()) {
            values.emplace_back(value->get_string());
        } else {
            return build_error("a key's value is neither a string nor a list");
        }
        Type kind = Type::list;
        for (Type candidate : {Type::text, Type::number, Type::flag, Type::digest})
            if (*type == type_name(static_cast<char>(candidate))) kind = candidate;
        if (kind == Type::list ? *type != "list" || !value->is_array() : values.size() != 1)
            return build_error("a key's input '" + *name + "' has the unknown type '" + *type + "'");
        key.push(*name, kind, std::move(values));
    }
    return key;
}

const CanonicalKey::Input* CanonicalKey::find(std::string_view name) const {
    for (const auto& input : inputs_)
        if (input.name == name) return &input;
    return nullptr;
}

std::string CanonicalKey::Input::to_string() const {
    if (type != Type::list) return values.front();
    std::string text = "[";
    for (const auto& value : values) text += (text.size() == 1 ? "" : ", ") + value;
    return text + "]";
}

std::optional<CanonicalKey::Difference> CanonicalKey::first_difference(const CanonicalKey& earlier) const {
    for (const auto& input : inputs_) {
        const Input* other = earlier.find(input.name);
        if (other == nullptr) return Difference{input.name, "(absent)", input.to_string()};
        if (!(*other == input)) return Difference{input.name, other->to_string(), input.to_string()};
    }
    for (const auto& input : earlier.inputs_)
        if (find(input.name) == nullptr) return Difference{input.name, input.to_string(), "(absent)"};
    if (!(inputs_ == earlier.inputs_)) return Difference{"order of inputs", "another", "this"};
    return std::nullopt;
}

std::size_t CanonicalKey::differences(const CanonicalKey& earlier) const {
    std::size_t count = 0;
    for (const auto& input : inputs_) {
        const Input* other = earlier.find(input.name);
        if (other == nullptr || !(*other == input)) ++count;
    }
    for (const auto& input : earlier.inputs_)
        if (find(input.name) == nullptr) ++count;
    return count;
}

}  // namespace tmplbuild
