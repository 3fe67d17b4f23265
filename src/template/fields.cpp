// SPDX-License-Identifier: Apache-2.0
#include "template/fields.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/grammar.hpp"
#include "base/placeholders.hpp"
#include "base/text.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

static bool lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
static bool alphanumeric(char c) { return lower_or_digit(c) || (c >= 'A' && c <= 'Z'); }

std::string make_name(std::string_view text) {
    std::string name;
    for (char c : to_lower(text)) {
        const bool good = lower_or_digit(c) || c == '.' || c == '_' || c == '-';
        if (good && (!name.empty() || lower_or_digit(c)))
            name += c;
        else if (!good && !name.empty() && name.back() != '-')
            name += '-';
    }
    name.resize(std::min<std::size_t>(name.size(), 50));
    while (!name.empty() && !lower_or_digit(name.back())) name.pop_back();
    return name;
}

std::optional<std::string> read_name(TableReader& table, std::string_view key,
                                     const std::vector<std::string>& reserved) {
    const auto value = table.text(key);
    if (!value) return std::nullopt;
    if (!is_name(value->value)) {
        const std::string valid = make_name(value->value);
        table.error(key, "is not a valid name: \"" + value->value + "\"",
                    "lower-case letters, digits, '.', '_' and '-', a letter or digit first, at most 63" +
                        (valid.empty() ? "" : ": \"" + valid + "\""));
        return std::nullopt;
    }
    if (std::find(reserved.begin(), reserved.end(), value->value) != reserved.end()) {
        table.error(key, "is \"" + value->value + "\", a name that tmplbuild keeps for itself",
                    "reserved: " + join(reserved, ", "));
        return std::nullopt;
    }
    return value->value;
}

struct ReservedPath {
    const char* path;
    const char* reason;
};
static constexpr std::array<ReservedPath, 8> reserved_paths = {{
    {"/workspace", "a pod's volume is mounted over /workspace; image content belongs under /opt"},
    {"/run/tmplbuild", "the launcher keeps its state there"},
    {"/opt/tmplbuild", "the launcher and the kernels live there"},
    {"/proc", "the kernel's own file system is mounted there"},
    {"/sys", "the kernel's own file system is mounted there"},
    {"/dev", "devices are mounted there when the container starts"},
    {"/run/secrets", "secrets of a step are mounted there"},
    {"/etc/resolv.conf", "the container's engine writes it when the container starts"},
}};

static const ReservedPath* reserved_place(std::string_view path) {
    for (const ReservedPath& reserved : reserved_paths)
        if (path == reserved.path || path.starts_with(std::string(reserved.path) + "/")) return &reserved;
    return nullptr;
}

const char* reserved_reason(std::string_view path) {
    const ReservedPath* place = reserved_place(path);
    return place == nullptr ? nullptr : place->reason;
}

std::string read_image_path(TableReader& table, std::string_view key, PathUse use, bool keep_slash) {
    const auto value = table.text(key);
    if (!value) return {};
    const auto path = parse_image_path(value->value);
    if (!path) {
        table.error(key, "is no path inside the image: " + path.error().message, path.error().hint);
        return {};
    }
    if (use == PathUse::folder && path->empty()) {
        table.error(key, "is the image's root", "name a folder of its own, under /opt");
        return {};
    }
    if (use == PathUse::file && path->empty() && !keep_slash) {
        table.error(key, "is the image's root", "write the file's whole path");
        return {};
    }
    const std::string whole = "/" + *path;
    if (const ReservedPath* place = use == PathUse::inspect ? nullptr : reserved_place(whole)) {
        table.error(key, "may not be \"" + value->value + "\": nothing of a template goes into " + place->path,
                    place->reason);
        return {};
    }
    const bool slash = keep_slash && value->value.back() == '/' && !path->empty();
    return whole + (slash ? "/" : "");
}

fs::path read_context_path(TableReader& table, std::string_view key, const fs::path& context) {
    const auto value = table.text(key);
    if (!value) return {};
    if (value->value.front() == '/') {
        table.error(key, "is an absolute path: \"" + value->value + "\"",
                    "paths start from the folder of the file they are written in; copy or mount the content below it");
        return {};
    }
    const fs::path whole = (context / value->value).lexically_normal();
    const fs::path inside = whole.lexically_relative(context);
    if (inside.empty() || *inside.begin() == "..") {
        table.error(key, "leaves the folder of the file it is written in: \"" + value->value + "\"",
                    "a template copies only what lies beside or below it");
        return {};
    }
    std::string text = whole.string();
    while (text.size() > 1 && text.back() == '/') text.pop_back();
    return text;
}

FileItem read_context_item(TableReader& table, std::string_view key, const fs::path& context) {
    return {.source = read_context_path(table, key, context), .pos = table.pos_of(key), .context = context};
}

std::string read_url(TableReader& table, std::string_view key, const std::vector<std::string>& schemes) {
    const auto value = table.text(key);
    if (!value) return {};
    const std::string& url = value->value;
    const std::size_t colon = url.find("://");
    const std::string scheme = colon == std::string::npos ? "" : url.substr(0, colon);
    if (std::find(schemes.begin(), schemes.end(), scheme) == schemes.end() || url.size() == colon + 3) {
        table.error(key, "is not an address: \"" + url + "\"", "it starts with " + join(schemes, "://, ") + "://");
        return {};
    }
    if (std::any_of(url.begin(), url.end(), [](char c) { return static_cast<unsigned char>(c) <= ' '; })) {
        table.error(key, "has white space in it", "write %20 for a space");
        return {};
    }
    const std::string authority = url.substr(colon + 3, url.find_first_of("/?#", colon + 3) - colon - 3);
    const std::size_t at = authority.find('@');
    if (at != std::string::npos && authority.substr(0, at).find(':') != std::string::npos) {
        table.error(key, "has a password in it",
                    "a template is no place for secrets; use the machine's own git or "
                    "netrc credentials");
        return {};
    }
    return url;
}

std::string read_hex(TableReader& table, std::string_view key, std::size_t digits, const std::string& hint) {
    const auto value = table.text(key);
    if (!value) return {};
    if (is_hex(value->value, digits)) return value->value;
    table.error(key, "must be " + std::to_string(digits) + " lower-case hex digits, found \"" + value->value + "\"",
                hint);
    return {};
}

std::optional<std::uint32_t> read_mode(TableReader& table, std::string_view key) {
    const toml_tree::Node* node = table.any(key);
    if (node == nullptr) return std::nullopt;
    if (node->kind == toml_tree::Node::Kind::integer && !node->typed && node->integer >= 0 && node->integer <= 07777)
        return static_cast<std::uint32_t>(node->integer);
    const std::string text = node->typed.value_or(node->text);
    const bool octal = !text.empty() && text.size() <= 5 &&
                       std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '7'; });
    std::uint32_t mode = 0;
    for (char c : text) mode = mode * 8 + static_cast<std::uint32_t>(c - '0');
    if (octal && (node->is_text() || node->typed) && mode <= 07777) return mode;
    table.wrong(key, *node, "permission bits", "in octal: \"0755\" or 0o755");
    return std::nullopt;
}

StringMap read_environment(TableReader& table, std::string_view key) {
    StringMap map = table.text_map(key);
    for (const auto& [name, value] : map) {
        const bool good = !name.empty() && !(name.front() >= '0' && name.front() <= '9') &&
                          std::all_of(name.begin(), name.end(), [](char c) { return alphanumeric(c) || c == '_'; });
        if (!good)
            table.error(key, "has \"" + name + "\" in it, which is no variable's name", "letters, digits and '_'");
        else if (name.starts_with("TMPLBUILD_"))
            table.error(key, "sets \"" + name + "\", which tmplbuild keeps for itself",
                        "names that start with TMPLBUILD_ are reserved");
    }
    return map;
}

std::vector<std::string> read_debian_packages(TableReader& table, std::string_view key, Report& report) {
    std::vector<std::string> packages;
    for (const auto& [name, pos] : table.texts(key, ListOf::names)) {
        if (is_debian_package(name))
            packages.push_back(name);
        else
            report.error(pos, "\"" + name + "\" is not a Debian package name",
                         name.find('=') != std::string::npos
                             ? "the exact version of each package stands in template.lock, not here"
                             : "lower-case letters, digits, '+', '-' and '.'");
    }
    return packages;
}

static bool has_secret(const Requirement& what) {
    if (what.kind == AddressKind::web) return without_user(what.address) != what.address;
    // SSH servers need a user, and user names are no secret; passwords never belong into an address (is_address()).
    return what.kind == AddressKind::git && !what.address.starts_with("ssh://") &&
           without_user(what.address) != what.address;
}

std::vector<std::string> read_requirements(TableReader& table, std::string_view key, Report& report,
                                           Addresses addresses) {
    std::vector<std::string> requirements;
    for (const auto& [text, pos] : table.texts(key)) {
        auto requirement = parse_requirement(text);
        if (!requirement) {
            Error error = requirement.error();
            if (text.starts_with("-") && !text.starts_with("-e") && !text.starts_with("--editable"))
                error.hint = "options stand in a file of requirements, which 'requirements_from' names";
            report.error(pos, error.message, error.hint);
            continue;
        }
        const std::string shown = "\"" + without_user(text) + "\" ";
        if (requirement->kind != AddressKind::none && addresses == Addresses::refused)
            report.error(pos, shown + "names an address or a file", "ask for it by name, as an index has it");
        else if (has_secret(*requirement))
            report.error(pos, shown + "has a user in its address",
                         "a template is no place for a user or a password; use the machine's own netrc");
        else
            requirements.push_back(text);
    }
    return requirements;
}

std::vector<PythonIndex> read_indexes(TableReader& table, std::string_view key, Report& report) {
    std::vector<PythonIndex> out;
    std::set<std::string> pinned;
    for (const toml_tree::Node* node : table.tables(key)) {
        TableReader one(*node, std::string(key), report);
        PythonIndex index;
        index.pos = one.pos();
        one.require("url", "url = \"https://download.pytorch.org/whl/cu130\"");
        index.url = read_url(one, "url", {"https", "http"});
        if (without_user(index.url) != index.url)
            one.error("url", "has a user in it", "a template is no place for secrets; use the machine's own netrc");
        if (const auto flag = one.boolean("default")) index.is_default = flag->value;
        for (const auto& [name, pos] : one.texts("packages")) {
            if (!is_project_name(name))
                report.error(pos, "\"" + name + "\" is not a project's name", "write it like \"torch\"");
            else if (!pinned.insert(normalized_project(name)).second)
                report.error(pos, "\"" + name + "\" is to come from two indexes", "leave it out of one of them");
            else
                index.packages.push_back(name);
        }
        if (index.is_default && one.has("packages"))
            one.error("packages", "says nothing of a default index", "remove one of the two");
        one.finish();
        out.push_back(std::move(index));
    }
    return out;
}

std::vector<std::string> read_command(TableReader& table, std::string_view key) {
    const bool given = table.has(key);
    const auto before = table.texts(key, ListOf::arguments);
    if (given && before.empty()) {
        const toml_tree::Node* node = table.any(key);
        if (node->is_array() && node->items.empty())
            table.error(key, "is empty", "an argument vector: [\"python3\", \"main.py\"]");
    }
    if (!before.empty() && before.front().value.empty()) table.error(key, "starts with an empty program name");
    return values(before);
}

std::optional<std::string> exactly_one(TableReader& table, Report& report, const std::vector<std::string>& keys,
                                       const std::string& example) {
    std::vector<std::string> present;
    for (const auto& key : keys)
        if (table.has(key)) present.push_back(key);
    if (present.size() == 1) return present.front();
    for (const auto& key : keys) table.any(key);
    std::string list;
    for (std::size_t i = 0; i < keys.size(); ++i)
        list += (i == 0 ? "'" : i + 1 == keys.size() ? " and '" : ", '") + keys[i] + "'";
    if (present.empty())
        report.error(table.pos(), table.label() + " needs exactly one of " + list + ", found none", "add " + example);
    else
        report.error(table.key_pos_of(present[1]),
                     table.label() + " needs exactly one of " + list + ", found " + std::to_string(present.size()),
                     "remove all but one");
    return std::nullopt;
}

void check_placeholders(const std::vector<Placed<std::string>>& list, const std::vector<std::string>& known,
                        const std::string& what, Report& report) {
    for (const auto& [text, pos] : list) {
        for (const auto& word : placeholder_words(text)) {
            if (std::find(known.begin(), known.end(), word) != known.end()) continue;
            std::string hint = did_you_mean(word, known);
            hint = hint.empty() ? "known are {" + join(known, "}, {") + "}" : hint.substr(0, hint.size() - 1);
            report.error(pos, what + " has '{" + word + "}' in it, which is not a placeholder",
                         hint + "; write {{" + word + "}} for the text itself");
        }
    }
}

}  // namespace tmplbuild
