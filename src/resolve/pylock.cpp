// SPDX-License-Identifier: Apache-2.0
#include "resolve/pylock.hpp"

#include <charconv>
#include <filesystem>

#include "base/grammar.hpp"
#include "base/percent.hpp"
#include "base/text.hpp"
#include "toml/toml_json.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

std::string url_file_name(std::string_view url) {
    url = url.substr(0, url.find_first_of("?#"));
    return decode_percent(url.substr(url.rfind('/') + 1)).text;
}

static Result<PylockFile> read_file_entry(const json::object& o, const std::string& folder) {
    PylockFile file;
    const std::string url = json::string_or(o, "url", ""), path = json::string_or(o, "path", "");
    if (url.starts_with("file://"))
        file.location = decode_percent(url.substr(7)).text;
    else if (!url.empty())
        file.location = url;
    else if (!path.empty())
        file.location = (fs::path(folder) / path).lexically_normal();
    else
        return build_error("the resolver named a file without its place");
    file.name = json::string_or(o, "name", "");
    if (file.name.empty()) file.name = url_file_name(url.empty() ? file.location : url);
    if (file.name.empty() || file.name.front() == '.' || file.name.find('/') != std::string::npos)
        return build_error("the resolver named a file '" + file.name + "'");
    const std::int64_t size = json::int_or(o, "size", 0);
    file.size = size > 0 ? static_cast<std::uint64_t>(size) : 0;
    if (const auto hashes = json::get_object(o, "hashes"))
        if (auto digest = Digest::parse_hex(json::string_or(**hashes, "sha256", ""))) file.sha256 = *digest;
    return file;
}

static Result<PylockPackage> read_package(const json::object& o, const std::string& folder) {
    auto name = json::get_string(o, "name");
    if (!name) return name.error();
    PylockPackage package;
    package.name = normalized_project(*name);
    for (const char* direct : {"vcs", "directory"})
        if (o.contains(direct))
            return usage_error("'" + package.name + "' would come from a repository that a dependency names",
                               "require it yourself, by an address that you chose");
    auto version = json::get_string(o, "version");
    if (!version) return version.error();
    package.version = *version;
    if (const json::value* archive = o.if_contains("archive"); archive != nullptr && archive->is_object()) {
        auto file = read_file_entry(archive->get_object(), folder);
        if (!file) return file.error();
        package.archive = std::move(*file);
    }
    if (const json::value* wheels = o.if_contains("wheels"); wheels != nullptr && wheels->is_array())
        for (const json::value& wheel : wheels->get_array()) {
            if (!wheel.is_object()) continue;
            auto file = read_file_entry(wheel.get_object(), folder);
            if (!file) return file.error();
            package.wheels.push_back(std::move(*file));
        }
    if (const json::value* sdist = o.if_contains("sdist"); sdist != nullptr && sdist->is_object()) {
        auto file = read_file_entry(sdist->get_object(), folder);
        if (!file) return file.error();
        package.sdist = std::move(*file);
    }
    return package;
}

Result<std::vector<PylockPackage>> parse_pylock(std::string_view text, const std::string& folder) {
    auto document = toml_to_json(text, "pylock.toml");
    if (!document) return document.error();
    std::vector<PylockPackage> out;
    const json::value* packages = document->is_object() ? document->get_object().if_contains("packages") : nullptr;
    if (packages == nullptr || !packages->is_array()) return out;  // an empty list: nothing was asked for
    for (const json::value& item : packages->get_array()) {
        if (!item.is_object()) return build_error("the resolver's pylock.toml holds a package that is no table");
        auto package = read_package(item.get_object(), folder);
        if (!package) return package.error();
        out.push_back(std::move(*package));
    }
    return out;
}

}  // namespace tmplbuild
