// SPDX-License-Identifier: Apache-2.0
// Reads one JSON object's members and keeps the message of the first wrong one; writes members except those that have
// their default. Used by the readers and writers of pod.json alone.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "podspec/pod_spec.hpp"

namespace tmplbuild::pod {

// Reads the members of one object: it keeps the message of the first wrong one, and notes unknown ones.
class ReadMembers {
  public:
    ReadMembers(const json::object& object, std::string where) : object_(object), where_(std::move(where)) {}

    void text(const char* key, std::string& out) {
        const auto* v = find(key);
        if (v == nullptr) return;
        if (!v->is_string()) return wrong(key, "a string");
        out = std::string(v->get_string());
        if (out.find('\0') != std::string::npos) wrong(key, "a string without NUL bytes");
    }
    template <class Number>
    void number(const char* key, Number& out, std::int64_t low, std::int64_t high) {
        const auto* v = find(key);
        if (v == nullptr) return;
        boost::json::error_code code;
        const auto n = v->is_number() ? v->to_number<std::int64_t>(code) : 0;
        if (!v->is_number() || code || n < low || n > high)
            return wrong(key, "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
        out = static_cast<Number>(n);
    }
    void port(const char* key, std::uint16_t& out) { number(key, out, 0, 65535); }
    void flag(const char* key, bool& out) {
        const auto* v = find(key);
        if (v == nullptr) return;
        if (!v->is_bool()) return wrong(key, "true or false");
        out = v->get_bool();
    }
    void list(const char* key, std::vector<std::string>& out) {
        const auto* v = find(key);
        if (v == nullptr) return;
        if (!v->is_array()) return wrong(key, "an array of strings");
        out.clear();  // a default that is not empty
        for (const auto& element : v->get_array()) {
            if (!element.is_string() || element.get_string().find('\0') != std::string::npos)
                return wrong(key, "an array of strings");
            out.emplace_back(element.get_string());
        }
    }
    void texts(const char* key, std::map<std::string, std::string>& out) {
        const auto* members = object(key);
        if (members == nullptr) return;
        for (const auto& pair : *members) {
            if (!pair.value().is_string()) return wrong(key, "an object of strings");
            out[std::string(pair.key())] = std::string(pair.value().get_string());
        }
    }
    template <class Value, class Parse>
    void word(const char* key, Value& out, Parse parse, const std::string& expected) {
        const auto* v = find(key);
        if (v == nullptr) return;
        const auto value = v->is_string() ? parse(std::string_view(v->get_string())) : std::nullopt;
        if (!value) return wrong(key, expected);
        out = *value;
    }
    const json::object* object(const char* key) {
        const auto* v = find(key);
        if (v != nullptr && !v->is_object()) wrong(key, "an object");
        return v != nullptr ? v->if_object() : nullptr;
    }
    const json::array* array(const char* key) {
        const auto* v = find(key);
        if (v != nullptr && !v->is_array()) wrong(key, "an array");
        return v != nullptr ? v->if_array() : nullptr;
    }
    const json::value* find(const char* key) {
        known_.insert(key);
        return object_.if_contains(key);
    }
    void wrong(const std::string& key, const std::string& expected) {
        if (problem.empty()) problem = where_ + key + " is not " + expected;
    }
    const std::string& where() const { return where_; }  // "" or "kernels[0].build."
    void note_unknown(std::vector<std::string>& notes) const {
        for (const auto& pair : object_)
            if (!known_.contains(std::string(pair.key())))
                notes.push_back(where_ + std::string(pair.key()) + " is not a key of this version; it is ignored");
    }
    std::string problem;

  private:
    const json::object& object_;
    std::string where_;
    std::set<std::string> known_;
};

inline json::array to_array(const std::vector<std::string>& list) {
    json::array out;
    for (const auto& text : list) out.emplace_back(text);
    return out;
}

// Adds members that differ from the default, so that the file only says what the template said.
class WriteMembers {
  public:
    void text(const char* key, const std::string& value, const std::string& usual = {}) {
        if (value != usual) object_[key] = value;
    }
    void number(const char* key, std::int64_t value, std::int64_t usual = 0) {
        if (value != usual) object_[key] = value;
    }
    void flag(const char* key, bool value) {
        if (value) object_[key] = true;
    }
    void list(const char* key, const std::vector<std::string>& value, const std::vector<std::string>& usual = {}) {
        if (value != usual) object_[key] = to_array(value);
    }
    void object(const char* key, json::object value) {
        if (!value.empty()) object_[key] = std::move(value);
    }
    void texts(const char* key, const std::map<std::string, std::string>& value) {
        json::object members;
        for (const auto& [name, text] : value) members[name] = text;
        object(key, std::move(members));
    }
    void array(const char* key, json::array value) {
        if (!value.empty()) object_[key] = std::move(value);
    }
    json::object take() { return std::move(object_); }

  private:
    json::object object_;
};

}  // namespace tmplbuild::pod
