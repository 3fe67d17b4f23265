// SPDX-License-Identifier: Apache-2.0
#include "template/service_schema.hpp"

#include "podspec/names.hpp"
#include "podspec/service_fields.hpp"
#include "template/service_values.hpp"

namespace tmplbuild {

namespace {

template <class List>
json::array array_of(const List& list) {
    json::array out;
    for (const auto& item : list) out.emplace_back(item);
    return out;
}

json::object reference(const std::string& name) { return {{"$ref", "#/$defs/" + name}}; }

// The schema of a field's value, with one overload for each kind; `usual` is the value when the key is left out.
class ServiceSchema {
  public:
    template <class Fields, class Owner>
    static json::object of(const Fields& fields, const Owner& usual) {
        json::object properties;
        json::array required;
        add(fields, usual, properties, required);
        json::object out{{"properties", std::move(properties)}};
        if (!required.empty()) out["required"] = std::move(required);
        return out;
    }

  private:
    template <class Fields, class Owner>
    static void add(const Fields& fields, const Owner& usual, json::object& properties, json::array& required) {
        pod::for_each_field(fields,
                            [&](const auto& field) { add_field(field, usual.*field.member, properties, required); });
    }
    template <class Owner, class Value, const auto& Fields>
    static void add_field(const pod::Field<Owner, Value, pod::Spread<Fields>>&, const Value& usual,
                          json::object& properties, json::array& required) {
        add(Fields, usual, properties, required);
    }
    template <class Owner, class Value, class Kind>
    static void add_field(const pod::Field<Owner, Value, Kind>& field, const Value& usual, json::object& properties,
                          json::array& required) {
        const pod::InTemplate& written = field.in_template;
        if (written.key == nullptr) return;
        json::object out = value(field.kind, usual);
        json::object described;
        if (out.contains("$ref")) described["$ref"] = out["$ref"];
        described["description"] = written.meaning;
        for (auto& [name, rule] : out) described[name] = std::move(rule);
        properties[written.key] = std::move(described);
        if (written.example != nullptr) required.emplace_back(written.key);
    }

    static json::object value(pod::Text, const std::string&) { return {{"type", "string"}, {"minLength", 1}}; }
    static json::object value(pod::Name, const std::string&) {
        return {{"type", "string"},
                {"pattern", "^[a-z0-9][a-z0-9._-]{0,62}$"},
                {"not", json::object{{"enum", array_of(reserved_services)}}}};
    }
    static json::object value(pod::AbsolutePath, const std::string&) { return reference("imagePath"); }
    static json::object value(pod::User, const std::string&) {
        return {{"type", "string"}, {"pattern", "^[A-Za-z0-9_.][A-Za-z0-9_.-]*(:[A-Za-z0-9_.][A-Za-z0-9_.-]*)?$"}};
    }
    static json::object value(pod::UrlPath, const std::string&) { return {{"type", "string"}, {"pattern", "^/"}}; }
    static json::object value(pod::Texts, const std::vector<std::string>&) {
        return {{"type", "array"}, {"items", json::object{{"type", "string"}}}};
    }
    static json::object value(pod::UrlPaths, const std::vector<std::string>& usual) {
        return {{"type", "array"},
                {"items", json::object{{"type", "string"}, {"pattern", "^/[^?#]*$"}}},
                {"default", array_of(usual)}};
    }
    static json::object value(pod::Command, const std::vector<std::string>&) { return reference("command"); }
    static json::object value(pod::Flag, bool usual) { return {{"type", "boolean"}, {"default", usual}}; }
    static json::object value(pod::Port, std::uint16_t) { return reference("port"); }
    static json::object value(const pod::Number& bounds, std::int64_t usual) {
        return {{"type", "integer"}, {"minimum", bounds.low}, {"maximum", bounds.high}, {"default", usual}};
    }
    static json::object value(const pod::Duration& bounds, std::int64_t usual) {
        return value(pod::Number{bounds.least_seconds, bounds.most_seconds}, usual / 1000);
    }
    template <class Value>
    static json::object value(const pod::Word<Value>& word, Value) {
        std::vector<std::string> words = pod::word_list<Value>();
        if (const std::string prefix = word.prefix; !prefix.empty())
            for (const std::string& plain : pod::word_list<Value>()) words.push_back(prefix + plain);
        return {{"enum", array_of(words)}, {"default", pod::to_string(word.usual)}};
    }
    static json::object value(pod::Umask, const std::optional<std::uint32_t>&) {
        return {{"type", "string"}, {"pattern", "^0?[0-7]{3}$"}};
    }
    static json::object value(pod::Environment, const std::map<std::string, std::string>&) {
        return reference("environment");
    }
    static json::object value(pod::Secrets, const std::vector<pod::GeneratedSecret>&) {
        return {{"type", "array"}, {"items", reference("secret")}};
    }
    static json::object value(pod::Limits, const std::vector<pod::ResourceLimit>&) {
        return {{"type", "object"},
                {"propertyNames", json::object{{"enum", array_of(pod::resource_names())}}},
                {"additionalProperties", reference("limit")}};
    }
    static json::object value(pod::ReadyProbe, const pod::Probe&) { return reference("ready"); }
    static json::object value(pod::HealthProbe, const pod::Probe&) { return reference("health"); }
    template <const auto& Fields, class Value>
    static json::object value(pod::Object<Fields>, const Value& usual) {
        json::object out{{"type", "object"}};
        for (auto& [name, rule] : of(Fields, usual)) out[name] = std::move(rule);
        out["additionalProperties"] = false;
        return out;
    }
};

}  // namespace

json::object service_schema() { return ServiceSchema::of(pod::service_fields, pod::Service{}); }

}  // namespace tmplbuild
