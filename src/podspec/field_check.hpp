// SPDX-License-Identifier: Apache-2.0
// Finds the values of a table's fields (field.hpp) that have the right type and are still wrong, as far as one field
// alone can tell. Used by the check of pod.json, which adds the rules that hold between two fields.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "podspec/service_fields.hpp"

namespace tmplbuild::pod {

struct WrongValue {
    std::string message, hint;  // "build.directory 'build' is not an absolute path"
};

// One overload for each kind that has such values.
class FieldCheck {
  public:
    template <class Fields, class Owner>
    void all(const std::string& prefix, const Fields& fields, const Owner& owner) {
        for_each_field(fields, [&](const auto& field) { check(prefix + field.key, field.kind, owner.*field.member); });
    }
    std::vector<WrongValue> take() { return std::move(wrong_); }

  private:
    template <class Kind, class Value>
    void check(const std::string&, const Kind&, const Value&) {}
    void check(const std::string& key, const AbsolutePath&, const std::string& path) {
        if (!path.empty() && path.front() != '/') add(key + " '" + path + "' is not an absolute path");
    }
    void check(const std::string& key, const UrlPath&, const std::string& path) {
        if (!path.empty() && path.front() != '/') add(key + " '" + path + "' is not a path", "it starts with '/'");
    }
    void check(const std::string& key, const UrlPaths&, const std::vector<std::string>& paths) {
        for (const std::string& path : paths) {
            const bool plain = path.starts_with('/') && path.find_first_of("?#") == std::string::npos;
            if (!plain) add(key + " has '" + path + "', which is not a path", "it starts with '/' and has no query");
        }
    }
    void check(const std::string& key, const Required&, const std::string& text) {
        if (text.empty()) add(key + " is missing");
    }
    void check(const std::string& key, const Sha256&, const std::string& text) {
        const bool good = text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
        if (!good) add(key + " '" + text + "' is not a sha256", "64 lower-case hex digits");
    }
    void check(const std::string& key, const Command&, const std::vector<std::string>& command) {
        if (command.empty() || command.front().empty()) add("it has no " + key);
    }
    template <const auto& Fields, class Value>
    void check(const std::string& key, const Object<Fields>&, const Value& inner) {
        all(key + ".", Fields, inner);
    }
    void check(const std::string& key, const ReadyProbe&, const Probe& probe) { all(key + ".", probe_fields, probe); }
    void check(const std::string& key, const HealthProbe&, const Probe& probe) { all(key + ".", probe_fields, probe); }
    template <const auto& Fields, class Value>
    void check(const std::string& key, const List<Fields>&, const std::vector<Value>& items) {
        for (const Value& item : items) all(key + ".", Fields, item);
    }

    void add(std::string message, std::string hint = {}) { wrong_.push_back({std::move(message), std::move(hint)}); }

    std::vector<WrongValue> wrong_;
};

template <class Fields, class Owner>
std::vector<WrongValue> wrong_values(const Fields& fields, const Owner& owner) {
    FieldCheck check;
    check.all("", fields, owner);
    return check.take();
}

}  // namespace tmplbuild::pod
