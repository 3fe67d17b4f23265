// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/grammar.hpp"
#include "base/text.hpp"
#include "template/sections.hpp"

namespace tmplbuild {

using toml_tree::Node;

template <std::size_t... Indexes>
static std::vector<std::string> kinds_of_bodies(std::index_sequence<Indexes...>) {
    return {std::variant_alternative_t<Indexes, LayerBody>::kind...};
}

const std::vector<std::string>& layer_kinds() {
    static const std::vector<std::string> kinds =
        kinds_of_bodies(std::make_index_sequence<std::variant_size_v<LayerBody>>());
    return kinds;
}

static std::string last_part(const std::string& path) {
    std::string text = path;
    while (!text.empty() && text.back() == '/') text.pop_back();
    return text.substr(text.rfind('/') + 1);
}

static const char* const git_hint =
    "a branch or tag moves: `git ls-remote URL NAME` prints the commit that it names now";
static const char* const sha_hint = "`sha256sum FILE` prints it";

static FileItem read_file_item(TableReader& table, Reading& reading) {
    FileItem item;
    item.pos = table.pos();
    const auto kind = exactly_one(table, reading.report, {"source", "text"}, "source = \"notebooks\"");
    if (kind == "source") item = read_context_item(table, "source", reading.context);
    if (kind == "text") {
        const Node* node = table.any("text");
        if (node->is_text() && node->text.empty())
            item.text = "";  // an empty file is a file too
        else if (const auto text = table.text("text"))
            item.text = text->value;
    }
    table.require("dest", "dest = \"/opt/notebooks\"");
    item.dest = read_image_path(table, "dest", PathUse::file, true);
    if (item.text && !item.dest.empty() && item.dest.back() == '/')
        table.error("dest", "must be a file's path when 'text' is given, found \"" + item.dest + "\"",
                    "write the file's name after the last '/'");
    item.mode = read_mode(table, "mode");
    if (const auto id = table.integer("uid", 0, 4294967294)) item.uid = static_cast<std::uint32_t>(id->value);
    if (const auto id = table.integer("gid", 0, 4294967294)) item.gid = static_cast<std::uint32_t>(id->value);
    item.exclude = values(table.texts("exclude"));
    if (item.text && table.has("exclude")) table.error("exclude", "says nothing where 'text' is given", "remove it");
    return item;
}

static void read_body(FilesLayer& layer, TableReader& table, Reading& reading, std::string& about) {
    if (!table.has("files")) {
        layer.items.push_back(read_file_item(table, reading));
    } else {
        for (const char* key : {"source", "text", "dest", "mode", "uid", "gid", "exclude"})
            table.hint_for(key, "a layer has either one item written in it, or a list of them in 'files'");
        for (const Node* node : table.tables("files")) {
            TableReader item(*node, "an item of 'files'", reading.report);
            layer.items.push_back(read_file_item(item, reading));
            item.finish();
        }
        const Node* list = table.any("files");
        if (list->is_array() && list->items.empty()) table.error("files", "is empty", "name at least one item");
    }
    if (!layer.items.empty()) about = last_part(layer.items.front().dest);
    if (about.empty() && !layer.items.empty()) about = last_part(layer.items.front().source.string());
}

static void read_body(FetchLayer& layer, TableReader& table, Reading&, std::string& about) {
    table.require("url", "url = \"https://…\"");
    table.require("sha256", "sha256 = \"…64 hex digits…\"");
    table.require("dest", "dest = \"/opt/tool\"");
    layer.url = read_url(table, "url", {"https", "http"});
    layer.sha256 = read_hex(table, "sha256", 64, sha_hint);
    if (const auto flag = table.boolean("unpack")) layer.unpack = flag->value;
    layer.dest = read_image_path(table, "dest", PathUse::file, true);
    if (!layer.unpack && !layer.dest.empty() && layer.dest.back() == '/')
        table.error("dest", "must be a file's path, found \"" + layer.dest + "\"",
                    "write the file's name after the last '/', or add unpack = true");
    while (layer.unpack && layer.dest.size() > 1 && layer.dest.back() == '/') layer.dest.pop_back();
    if (const auto mode = read_mode(table, "mode")) layer.mode = *mode;
    if (layer.unpack && table.has("mode"))
        table.error("mode", "says nothing with unpack = true", "modes come from the archive; remove it");
    if (const auto count = table.integer("strip", 0, 32)) layer.strip = static_cast<std::uint32_t>(count->value);
    if (!layer.unpack && table.has("strip"))
        table.error("strip", "says nothing without unpack = true", "remove it, or add unpack = true");
    about = last_part(layer.dest.size() > 1 ? layer.dest : layer.url);
}

static void read_body(GitLayer& layer, TableReader& table, Reading&, std::string& about) {
    table.hint_for("branch", "a branch moves; name a commit in 'rev'");
    table.hint_for("tag", "a tag can move; name a commit in 'rev'");
    table.require("url", "url = \"https://…\"");
    table.require("rev", "rev = \"…40 hex digits…\"");
    table.require("dest", "dest = \"/opt/NAME\"");
    layer.url = read_url(table, "url", git_schemes());
    layer.rev = read_hex(table, "rev", 40, git_hint);
    layer.dest = read_image_path(table, "dest", PathUse::folder);
    if (const auto flag = table.boolean("submodules")) layer.submodules = flag->value;
    if (const auto choice = table.choice("lfs", {"error", "pointers"})) layer.lfs_pointers = *choice == 1;
    about = last_part(layer.dest);
}

static void read_body(AptLayer& layer, TableReader& table, Reading& reading, std::string& about) {
    table.require("packages", "packages = [\"ffmpeg\"]");
    layer.packages = read_debian_packages(table, "packages", reading.report);
    const Node* list = table.any("packages");
    if (list != nullptr && list->is_array() && list->items.empty())
        table.error("packages", "is empty", "name at least one package");
    about = "apt";
}

static void read_body(PythonLayer& layer, TableReader& table, Reading& reading, std::string& about) {
    table.hint_for("packages", "Python's packages are named in 'requirements', Debian's in an 'apt' layer");
    for (const char* key : {"index", "index_url", "extra_index_url"})
        table.hint_for(key,
                       "package indexes are named like indexes = [{ url = \"https://…\", packages = [\"torch\"] }]");
    table.require("venv", "venv = \"/opt/venv\"");
    layer.venv = read_image_path(table, "venv", PathUse::folder);
    if (const auto python = table.text("python")) {
        layer.python = python->value;
        if (!is_interpreter_name(python->value))
            table.error(
                "python", "names no interpreter: \"" + python->value + "\"",
                "the path of one that the base has, like \"/opt/conda/bin/python3\", or a version like \"3.12\"");
    }
    layer.requirements = read_requirements(table, "requirements", reading.report, Addresses::allowed);
    layer.constraints = read_requirements(table, "constraints", reading.report, Addresses::allowed);
    layer.build_requirements = read_requirements(table, "build_requirements", reading.report, Addresses::refused);
    layer.indexes = read_indexes(table, "indexes", reading.report);
    if (const auto strategy = table.choice("index_strategy", index_strategies()))
        layer.index_strategy = static_cast<IndexStrategy>(*strategy);
    layer.allow_shared = values(table.texts("allow_shared", ListOf::names));
    layer.allow_bad_record = values(table.texts("allow_bad_record", ListOf::names));
    for (const auto& [text, pos] : table.texts("requirements_from")) {
        const std::size_t colon = text.find(':');
        const bool good = colon != std::string::npos && colon != 0 && is_inner_path(text.substr(colon + 1));
        if (good)
            layer.requirements_from.push_back(text);
        else
            reading.report.error(pos, "\"" + text + "\" does not name a file inside a layer",
                                 "write it like \"comfyui:requirements.txt\": a layer's name, ':', a path inside it");
    }
    if (!table.has("requirements") && !table.has("requirements_from"))
        table.require("requirements", "requirements = [\"numpy\"]");
    about = last_part(layer.venv);
}

static void read_body(RunLayer& layer, TableReader& table, Reading& reading, std::string& about) {
    const auto kind = exactly_one(table, reading.report, {"command", "script"}, "command = [\"ldconfig\"]");
    if (kind == "command") layer.command = read_command(table, "command");
    if (kind == "script")
        if (const auto text = table.text("script")) layer.script = text->value;
    if (table.has("directory")) layer.directory = read_image_path(table, "directory", PathUse::inspect);
    layer.environment = read_environment(table, "environment");
    if (const auto flag = table.boolean("network")) layer.network = flag->value;
    if (table.has("after")) layer.after = values(table.texts("after", ListOf::names));
    for (const auto& [name, pos] : table.texts("secrets", ListOf::names)) {
        if (is_name(name))
            layer.secrets.push_back(name);
        else
            reading.report.error(
                pos, "\"" + name + "\" is not a valid name of a secret",
                "lower-case letters, digits, '.', '_' and '-'; its value is given on the command line");
    }
    about = "run";
}

// Reads the body of the kind that `use` names. A kind without a read_body() above does not compile.
template <std::size_t Index = 0>
static LayerBody read_named_body(const std::string& kind, TableReader& table, Reading& reading, std::string& about) {
    using Body = std::variant_alternative_t<Index, LayerBody>;
    if constexpr (Index + 1 < std::variant_size_v<LayerBody>)
        if (kind != Body::kind) return read_named_body<Index + 1>(kind, table, reading, about);
    Body body;
    read_body(body, table, reading, about);
    return body;
}

NamedLayer read_layer(const Node& node, const std::string& kind, Reading& reading) {
    TableReader table(node, "a '" + kind + "' layer", reading.report);
    table.any("use");
    NamedLayer made;
    made.layer.pos = node.pos;
    made.layer.from_recipe = reading.recipe;
    std::string about;
    made.layer.body = read_named_body(kind, table, reading, about);
    made.name_given = table.has("name");
    const auto name = read_name(table, "name", {"base", "runtime", "pod", "kernel", "launcher"});
    table.finish();
    made.layer.name = name ? *name : make_name(about);
    if (made.layer.name.empty()) made.layer.name = kind;
    return made;  // returned even if wrong, so that references to its name are not reported too
}

}  // namespace tmplbuild
