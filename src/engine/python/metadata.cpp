// SPDX-License-Identifier: Apache-2.0
#include "engine/python/metadata.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tmplbuild {

std::optional<std::string> find_header(std::string_view text, std::string_view name) {
    const std::string wanted = to_lower(name);
    for (const std::string& line : split(text, '\n')) {
        if (trim(line).empty()) return std::nullopt;  // the body begins after an empty line
        const std::size_t colon = line.find(':');
        if (colon == std::string::npos || line.front() == ' ' || line.front() == '\t') continue;
        if (to_lower(trim(line.substr(0, colon))) == wanted) return std::string(trim(line.substr(colon + 1)));
    }
    return std::nullopt;
}

// Dotted Python identifiers; letters beyond ASCII are left to Python.
static bool is_dotted_name(std::string_view text) {
    for (const std::string& part : split(text, '.')) {
        if (part.empty() || (part.front() >= '0' && part.front() <= '9')) return false;
        for (const char c : part) {
            const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                c == '_' || static_cast<unsigned char>(c) >= 0x80;
            if (!letter) return false;
        }
    }
    return true;
}

static bool is_script_name(std::string_view name) {
    if (name.empty() || name == "." || name == ".." || name.size() > 255 || name.front() == '-') return false;
    return std::none_of(name.begin(), name.end(),
                        [](char c) { return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20; });
}

static Result<EntryPoint> parse_entry_point(std::string_view line) {
    auto bad = [&](const std::string& why) {
        return build_error("the entry point '" + std::string(line) + "' " + why);
    };
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return bad("has no '='");
    const std::string name(trim(line.substr(0, equals)));
    std::string_view object = line.substr(equals + 1);
    object = trim(object.substr(0, object.find('[')));  // extras: the specification allows them, and nobody uses them
    const std::size_t colon = object.find(':');
    if (colon == std::string_view::npos) return bad("names no function");
    EntryPoint entry{name, std::string(trim(object.substr(0, colon))), std::string(trim(object.substr(colon + 1)))};
    if (!is_script_name(entry.name)) return bad("has a name that no file may have");
    if (!is_dotted_name(entry.module) || !is_dotted_name(entry.function)) return bad("is not module:attribute");
    return entry;
}

Result<std::vector<EntryPoint>> parse_entry_points(std::string_view text) {
    std::vector<EntryPoint> out;
    bool wanted = false;
    for (const std::string& raw : split(text, '\n')) {
        const std::string_view line = trim(raw);
        if (line.empty() || line.front() == '#' || line.front() == ';') continue;
        if (line.front() == '[') {
            wanted = line == "[console_scripts]" || line == "[gui_scripts]";
            continue;
        }
        if (!wanted) continue;
        auto entry = parse_entry_point(line);
        if (!entry) return entry.error();
        out.push_back(std::move(*entry));
    }
    auto by_name = [](const EntryPoint& a, const EntryPoint& b) { return a.name < b.name; };
    std::stable_sort(out.begin(), out.end(), by_name);
    // A script in both groups counts once, since the groups do not differ on Linux.
    out.erase(
        std::unique(out.begin(), out.end(), [](const EntryPoint& a, const EntryPoint& b) { return a.name == b.name; }),
        out.end());
    return out;
}

}  // namespace tmplbuild
