// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include <algorithm>
#include <vector>

#include "base/utf8.hpp"

namespace tmplbuild::json {

static void write_canonical(const value& v, std::string& out) {
    if (const auto* o = v.if_object()) {
        std::vector<const boost::json::key_value_pair*> pairs;
        for (const auto& pair : *o) pairs.push_back(&pair);
        std::sort(pairs.begin(), pairs.end(), [](auto* a, auto* b) { return a->key() < b->key(); });
        out += '{';
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            if (i != 0) out += ',';
            out += boost::json::serialize(pairs[i]->key());
            out += ':';
            write_canonical(pairs[i]->value(), out);
        }
        out += '}';
    } else if (const auto* a = v.if_array()) {
        out += '[';
        for (std::size_t i = 0; i < a->size(); ++i) {
            if (i != 0) out += ',';
            write_canonical((*a)[i], out);
        }
        out += ']';
    } else {
        out += boost::json::serialize(v);
    }
}

std::string compact(const value& v) { return valid_utf8(boost::json::serialize(v)); }

std::string canonical(const value& v) {
    std::string out;
    write_canonical(v, out);
    return valid_utf8(std::move(out));
}

static bool is_plain(const value& v) {
    auto scalar = [](const value& x) { return !x.is_object() && !x.is_array(); };
    if (const auto* o = v.if_object())
        return std::all_of(o->begin(), o->end(), [&](const auto& pair) { return scalar(pair.value()); });
    if (const auto* a = v.if_array()) return std::all_of(a->begin(), a->end(), scalar);
    return true;
}

static std::string one_line(const value& v) {
    if (const auto* o = v.if_object()) {
        std::string out = "{";
        for (const auto& pair : *o) {
            out += out.size() == 1 ? " " : ", ";
            out += boost::json::serialize(pair.key()) + ": " + boost::json::serialize(pair.value());
        }
        return out + (o->empty() ? "}" : " }");
    }
    if (const auto* a = v.if_array()) {
        std::string out = "[";
        for (const auto& element : *a) {
            if (out.size() != 1) out += ", ";
            out += boost::json::serialize(element);
        }
        return out + "]";
    }
    return boost::json::serialize(v);
}

static void write_pretty(const value& v, std::size_t depth, std::string& out) {
    if (is_plain(v)) {
        std::string line = one_line(v);
        if (line.size() + depth * 2 <= 400 || (!v.is_object() && !v.is_array())) {
            out += line;
            return;
        }
    }
    const std::string indent(2 * (depth + 1), ' ');
    const std::string closing(2 * depth, ' ');
    bool first = true;
    if (const auto* o = v.if_object()) {
        out += "{";
        for (const auto& pair : *o) {
            out += (first ? "\n" : ",\n") + indent + boost::json::serialize(pair.key()) + ": ";
            write_pretty(pair.value(), depth + 1, out);
            first = false;
        }
        out += "\n" + closing + "}";
    } else if (const auto* a = v.if_array()) {
        out += "[";
        for (const auto& element : *a) {
            out += (first ? "\n" : ",\n") + indent;
            write_pretty(element, depth + 1, out);
            first = false;
        }
        out += "\n" + closing + "]";
    }
}

std::string pretty(const value& v) {
    std::string out;
    write_pretty(v, 0, out);
    return valid_utf8(std::move(out)) + "\n";
}

Result<value> parse(std::string_view text, const std::string& name) {
    boost::json::parse_options options;
    options.max_depth = 64;
    boost::json::error_code code;
    boost::json::stream_parser parser({}, options);
    const std::size_t used = parser.write_some(text.data(), text.size(), code);
    if (!code && used == text.size()) parser.finish(code);
    if (!code && used == text.size()) return parser.release();
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(used), '\n');
    Error error = build_error("not valid JSON: " + (code ? code.message() : std::string("text after the end")));
    error.where = SourcePos{name, static_cast<unsigned>(line), 0};
    return error;
}

static Error wrong(std::string_view key, const char* expected) {
    return build_error("'" + std::string(key) + "' is missing or not " + expected);
}

Result<std::string> get_string(const object& o, std::string_view key) {
    const auto* v = o.if_contains(key);
    if (v == nullptr || !v->is_string()) return wrong(key, "a string");
    return std::string(v->get_string());
}

Result<std::int64_t> get_int(const object& o, std::string_view key) {
    const auto* v = o.if_contains(key);
    boost::json::error_code code;
    if (v == nullptr || !v->is_number()) return wrong(key, "a whole number");
    const auto number = v->to_number<std::int64_t>(code);
    if (code) return wrong(key, "a whole number");
    return number;
}

Result<const object*> get_object(const object& o, std::string_view key) {
    const auto* v = o.if_contains(key);
    if (v == nullptr || !v->is_object()) return wrong(key, "an object");
    return &v->get_object();
}

Result<const array*> get_array(const object& o, std::string_view key) {
    const auto* v = o.if_contains(key);
    if (v == nullptr || !v->is_array()) return wrong(key, "an array");
    return &v->get_array();
}

std::string string_or(const object& o, std::string_view key, std::string_view fallback) {
    auto found = get_string(o, key);
    return found ? *found : std::string(fallback);
}

std::int64_t int_or(const object& o, std::string_view key, std::int64_t fallback) {
    auto found = get_int(o, key);
    return found ? *found : fallback;
}

bool bool_or(const object& o, std::string_view key, bool fallback) {
    const auto* v = o.if_contains(key);
    return v != nullptr && v->is_bool() ? v->get_bool() : fallback;
}

}  // namespace tmplbuild::json
