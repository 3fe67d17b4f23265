// SPDX-License-Identifier: Apache-2.0
#include "resolve/sdist_metadata.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "io/archive_member.hpp"
#include "toml/toml_json.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

// The part of a member's path below the archive's one top folder: "PKG-INFO" of "p-1.0/PKG-INFO"; a "./" may come
// first.
static std::string below_top(std::string_view path) {
    while (path.starts_with("./")) path.remove_prefix(2);
    const std::size_t slash = path.find('/');
    return slash == std::string_view::npos ? "" : std::string(path.substr(slash + 1));
}

void parse_pkg_info(const std::string& text, SdistMetadata& out) {
    for (const std::string& line : split(text, '\n')) {
        if (trim(line).empty()) return;  // the description follows
        const std::size_t colon = line.find(':');
        if (colon == std::string::npos || line[0] == ' ' || line[0] == '\t') continue;
        const std::string key = to_lower(line.substr(0, colon));
        const std::string value(trim(line.substr(colon + 1)));
        if (key == "requires-dist")
            out.requires_dist.push_back(value);
        else if (key == "provides-extra")
            out.extras.push_back(value);
        else if (key == "requires-python")
            out.requires_python = value;
        else if (key == "name" && out.name.empty())
            out.name = value;
        else if (key == "version" && out.version.empty())
            out.version = value;
    }
}

void parse_requires_txt(const std::string& text, SdistMetadata& out) {
    std::string marker;
    for (const std::string& whole : split(text, '\n')) {
        const std::string line(trim(whole));
        if (line.empty() || line[0] == '#') continue;
        if (line.front() == '[' && line.back() == ']') {
            const std::string section = line.substr(1, line.size() - 2);
            const std::size_t colon = section.find(':');
            const std::string extra(trim(section.substr(0, colon)));
            const std::string condition = colon == std::string::npos ? "" : section.substr(colon + 1);
            marker = condition.empty() ? "" : "(" + condition + ")";
            if (extra.empty()) continue;
            if (std::find(out.extras.begin(), out.extras.end(), extra) == out.extras.end()) out.extras.push_back(extra);
            marker += (marker.empty() ? "extra == \"" : " and extra == \"") + extra + "\"";
            continue;
        }
        // The requirement's own marker, which old setuptools may leave in the line.
        const std::size_t own = line.find(';');
        if (own == std::string::npos)
            out.requires_dist.push_back(marker.empty() ? line : join({line, marker}, " ; "));
        else
            out.requires_dist.push_back(line.substr(0, own) + "; (" + std::string(trim(line.substr(own + 1))) + ")" +
                                        (marker.empty() ? "" : " and " + marker));
    }
}

Result<SdistMetadata> read_sdist_metadata(const fs::path& archive, const std::string& name,
                                          const std::string& version) {
    auto members = io::read_archive_members(archive, [](std::string_view path) {
        const std::string below = below_top(path);
        return below == "PKG-INFO" || below.ends_with(".egg-info/requires.txt");
    });
    if (!members) return members.error();
    SdistMetadata out{name, version, {}, {}, {}};
    const auto member = [&](auto choose) {
        return std::find_if(members->begin(), members->end(),
                            [&](const auto& entry) { return choose(below_top(entry.first)); });
    };
    const auto info = member([](const std::string& path) { return path == "PKG-INFO"; });
    if (info == members->end())
        return build_error((name.empty() ? "the sdist" : "the sdist of " + name + " " + version) +
                               " has no PKG-INFO, so its dependencies are not known",
                           "ask for a version that has a wheel");
    parse_pkg_info(info->second, out);
    // The one nearest to the top is the project's own.
    auto best = members->end();
    for (auto at = members->begin(); at != members->end(); ++at)
        if (at != info && (best == members->end() || std::count(at->first.begin(), at->first.end(), '/') <
                                                         std::count(best->first.begin(), best->first.end(), '/')))
            best = at;
    if (out.requires_dist.empty() && best != members->end()) parse_requires_txt(best->second, out);
    return out;
}

Result<std::optional<std::string>> read_pyproject(const fs::path& archive, const std::string& subdirectory) {
    const std::string wanted = subdirectory.empty() ? "pyproject.toml" : subdirectory + "/pyproject.toml";
    return io::read_archive_member(archive, [&](std::string_view path) { return below_top(path) == wanted; });
}

Result<std::vector<std::string>> read_build_requirements(const fs::path& archive, const std::string& subdirectory) {
    // PEP 517: without a [build-system] table, setuptools builds the project.
    std::vector<std::string> requirements = {"setuptools>=40.8.0", "wheel"};
    auto text = read_pyproject(archive, subdirectory);
    if (!text) return text.error();
    if (!*text) return requirements;
    auto document = toml_to_json(**text, archive.filename().string() + ":pyproject.toml");
    if (!document) return document.error();
    const json::value* table = document->get_object().if_contains("build-system");
    if (table == nullptr || !table->is_object()) return requirements;
    const json::value* list = table->get_object().if_contains("requires");
    if (list == nullptr || !list->is_array())
        return build_error("pyproject.toml has a [build-system] without `requires`");
    requirements.clear();
    for (const json::value& item : list->get_array()) {
        if (!item.is_string()) return build_error("pyproject.toml: build-system.requires holds no text");
        requirements.emplace_back(item.get_string());
    }
    return requirements;
}

}  // namespace tmplbuild
