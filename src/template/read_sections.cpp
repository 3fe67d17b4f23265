// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <tuple>

#include "base/layout_name.hpp"
#include "base/own_names.hpp"
#include "base/reference.hpp"
#include "base/text.hpp"
#include "kernel/version.hpp"
#include "template/sections.hpp"

namespace tmplbuild {

using toml_tree::Node;

static DebianBase read_debian(const Node& node, Reading& reading) {
    DebianBase base;
    TableReader table(node, "'debian' in [base]", reading.report);
    table.hint_for("mirror", "the mirror is the machine's own; the image's list is written in 'sources'");
    table.require("suite", "suite = \"bookworm\"");
    if (const auto suite = table.text("suite")) {
        base.suite = suite->value;
        const auto& known = debian_suites();
        if (!is_debian_suite(suite->value)) {
            std::string hint = did_you_mean(suite->value, known);
            if (suite->value.find("stable") != std::string::npos || suite->value == "testing")
                hint = "that name moves with each release; write a code name: " + join(known, ", ");
            if (hint.empty()) hint = "known suites: " + join(known, ", ");
            table.error("suite", "is not a Debian suite: \"" + suite->value + "\"", hint);
        }
    }
    base.packages = read_debian_packages(table, "packages", reading.report);
    for (const auto& [line, pos] : table.texts("sources")) {
        if (line.starts_with("deb ") && line.find('\n') == std::string::npos)
            base.sources.push_back(line);
        else
            reading.report.error(pos, "\"" + line + "\" is not a line of sources.list",
                                 "write it like \"deb https://mirror.example/debian bookworm main\"");
    }
    table.finish();
    return base;
}

static LayoutBase read_layout(const Node& node, Reading& reading, TableReader& parent) {
    LayoutBase base;
    std::string path;
    if (node.is_table()) {
        TableReader table(node, "'layout' in [base]", reading.report);
        table.require("path", "path = \"out/base\"");
        if (const auto text = table.text("path")) path = text->value;
        if (const auto tag = table.text("tag")) {
            base.tag = tag->value;
            if (!is_layout_tag(base.tag))
                table.error("tag", "is no tag of a layout: \"" + base.tag + "\"",
                            "write it as the layout has it: tag = \"latest\"");
        }
        table.finish();
    } else if (const auto text = node.is_text() ? parent.text("layout") : std::nullopt) {
        const auto name = LayoutName::parse(text->value);
        if (!name)
            parent.error("layout", "is not DIR[:TAG]: " + name.error().message,
                         "write layout = \"out/base\", or layout = \"out/base:TAG\"");
        else
            std::tie(path, base.tag) = std::tie(name->path, name->tag);
    } else if (!node.is_text()) {
        parent.wrong("layout", node, "\"DIR\" or \"DIR:TAG\", or a table with 'path' and 'tag'");
    }
    if (!path.empty()) base.path = (reading.context / path).lexically_normal();
    return base;
}

static ImageBase read_reference(TableReader& table) {
    ImageBase base;
    const auto value = table.text("image");
    if (!value) return base;
    const std::string_view prefix = "docker://";
    const std::string_view text = value->value;
    auto reference = Reference::parse(text.starts_with(prefix) ? text.substr(prefix.size()) : text);
    if (reference)
        base.reference = std::move(*reference);
    else
        table.error("image", reference.error().message, "write it like \"docker.io/library/debian:12\"");
    return base;
}

Base read_base(const Node& node, Reading& reading) {
    TableReader table(node, "[base]", reading.report);
    for (const char* key : {"suite", "packages", "sources"})
        table.hint_for(key, "it is part of 'debian': debian = { suite = \"bookworm\", packages = [] }");
    Base base = DebianBase{};
    const auto kind = node.is_table() ? exactly_one(table, reading.report, {"debian", "image", "layout"},
                                                    "debian = { suite = \"bookworm\" }")
                                      : std::nullopt;
    const auto is_on_hosts = [&] {
        const auto flag = table.boolean("on_hosts");
        return flag && flag->value;
    };
    if (kind == "debian") {
        table.hint_for("on_hosts", "it is for an image or a layout that the pods' hosts have: this layer is made here");
        if (const Node* debian = table.table("debian")) base = read_debian(*debian, reading);
    } else if (kind == "image") {
        base = read_reference(table);
        std::get<ImageBase>(base).is_on_hosts = is_on_hosts();
    } else if (kind == "layout") {
        base = read_layout(*table.any("layout"), reading, table);
        std::get<LayoutBase>(base).is_on_hosts = is_on_hosts();
    }
    table.finish();
    return base;
}

// Turns "8.0 8.9" or "8.0;8.9", as other tools write them, into a list of texts; empty when a part is not a GPU.
static std::string quoted_list(const std::string& text) {
    std::string spaced = text, out;
    std::replace_if(
        spaced.begin(), spaced.end(), [](char c) { return c == ';' || c == ','; }, ' ');
    for (const std::string& part : split(spaced, ' ')) {
        if (part.empty()) continue;
        if (!kernel::parse_target(part)) return {};
        out += (out.empty() ? "\"" : ", \"") + part + "\"";
    }
    return out;
}

Targets read_targets(const Node& node, Reading& reading) {
    TableReader table(node, "[targets]", reading.report);
    Targets targets;
    for (const auto& [name, pos] : table.texts("gpus")) {
        auto target = kernel::parse_target(name);
        if (!target) {
            const std::string list = quoted_list(name);
            if (list.empty())
                reading.report.error(pos, target.error().message, target.error().hint);
            else
                reading.report.error(pos, "'" + name + "' names several GPUs in one text",
                                     "write gpus = [" + list + "]");
            continue;
        }
        const bool twice = std::any_of(targets.gpus.begin(), targets.gpus.end(),
                                       [&](const auto& other) { return other.label == target->label; });
        if (twice)
            reading.report.error(pos, "'gpus' in [targets] names " + target->label + " twice", "remove one");
        else
            targets.gpus.push_back(std::move(*target));
    }
    const Node* gpus = table.any("gpus");
    if (gpus != nullptr && gpus->is_array() && gpus->items.empty())
        table.error("gpus", "is empty", "name at least one GPU, or leave the key out for all that the kernels support");
    if (const Node* cuda = table.any("cuda"); cuda != nullptr && cuda->kind == Node::Kind::real && !cuda->typed) {
        table.wrong("cuda", *cuda, "a string", "put it in quotes: \"13.0\"");
    } else if (const auto text = table.text("cuda")) {
        const auto version = kernel::Version::parse(text->value);
        const bool two_parts = std::count(text->value.begin(), text->value.end(), '.') == 1;
        if (version && two_parts)
            targets.cuda = text->value;
        else
            table.error("cuda", "is not a CUDA version: \"" + text->value + "\"", "major.minor, like \"13.0\"");
    }
    table.finish();
    return targets;
}

static StringMap read_pairs(TableReader& table, std::string_view key) {
    StringMap map = table.text_map(key);
    for (const auto& [name, value] : map) {
        if (name.starts_with(own_annotations))
            table.error(key, "sets \"" + name + "\", which tmplbuild keeps for itself",
                        "names that start with " + std::string(own_annotations) + " are reserved");
    }
    return map;
}

ImageOptions read_image(const Node& node, Reading& reading) {
    TableReader table(node, "[image]", reading.report);
    table.hint_for("entrypoint",
                   "the image's entrypoint is the launcher; what it starts is written under [[services]]");
    table.hint_for("command", "the image's entrypoint is the launcher; what it starts is written under [[services]]");
    ImageOptions options;
    if (const auto choice = table.choice("compression", {"zstd", "gzip"}))
        options.compression = *choice == 0 ? Compression::zstd : Compression::gzip;
    if (const auto size = table.text("max_pull_size")) {
        if (const auto bytes = parse_bytes(size->value); bytes && *bytes != 0)
            options.max_pull_size = *bytes;
        else
            table.error("max_pull_size", "is not a size: \"" + size->value + "\"",
                        "write it like \"6GB\" or \"800MB\"");
    }
    options.environment = read_environment(table, "environment");
    options.labels = read_pairs(table, "labels");
    options.annotations = read_pairs(table, "annotations");
    if (const auto user = table.text("user")) {
        options.user = user->value;
        if (!is_image_user(user->value))
            table.error("user", "is no user: \"" + user->value + "\"",
                        "a name or a number, with a group after ':' or without: \"root\", \"1000:1000\"");
    }
    options.directory = read_image_path(table, "directory", PathUse::inspect);
    if (const auto platform = table.text("platform"); platform && platform->value != "linux/amd64")
        table.error("platform", "must be \"linux/amd64\", found the string \"" + platform->value + "\"",
                    "tmplbuild makes images for 64-bit x86 Linux only");
    table.finish();
    return options;
}

// "HOST/REPOSITORY", without a tag and a digest: the image's digest is added when the template is made.
static std::string read_repository_name(TableReader& table, std::string_view key) {
    const auto text = table.text(key);
    if (!text) return {};
    const char* example = "write the repository alone, like \"ghcr.io/me/comfyui\"";
    const std::string name = text->value.starts_with("docker://") ? text->value.substr(9) : text->value;
    const auto reference = Reference::parse(name);
    if (!reference) {
        table.error(key, reference.error().message, example);
    } else if (reference->digest || name.find(':', name.rfind('/') + 1) != std::string::npos) {
        table.error(key, "has a tag or a digest: \"" + text->value + "\"", example);
    } else {
        return reference->repository_name();
    }
    return {};
}

static std::vector<std::string> read_cuda_versions(TableReader& table, std::string_view key, Report& report) {
    std::vector<std::string> out;
    for (const auto& [text, pos] : table.texts(key))
        if (kernel::Version::parse(text) && std::count(text.begin(), text.end(), '.') == 1)
            out.push_back(text);
        else
            report.error(pos, "\"" + text + "\" is not a CUDA version", "major.minor, like \"13.0\"");
    return out;
}

static std::vector<std::uint16_t> read_ports(TableReader& table, std::string_view key, Report& report) {
    std::vector<std::uint16_t> out;
    const Node* list = table.any(key);
    if (list == nullptr) return out;
    if (!list->is_array()) {
        table.wrong(key, *list, "an array of ports", "write tcp_ports = [5900]");
        return out;
    }
    for (const Node& item : list->items)
        if (item.kind == Node::Kind::integer && item.integer >= 1 && item.integer <= 65'535)
            out.push_back(static_cast<std::uint16_t>(item.integer));
        else
            report.error(item.pos, "'" + std::string(key) + "' in [runpod] holds what is no port",
                         "a whole number from 1 to 65535");
    return out;
}

RunpodOptions read_runpod(const Node& node, Reading& reading) {
    TableReader table(node, "[runpod]", reading.report);
    RunpodOptions options;
    options.present = true;
    table.hint_for("ports", "they come from [[services]] and [console]");
    table.hint_for("mount_path", "the volume is at /workspace");
    if (const auto text = table.text("name")) options.name = text->value;
    if (const auto text = table.text("id")) options.id = text->value;
    options.image = read_repository_name(table, "image");
    if (const auto text = table.text("registry")) options.registry = text->value;
    if (const auto size = table.integer("volume_gb", 0, 1000000))
        options.volume_gb = static_cast<unsigned>(size->value);
    if (const auto size = table.integer("disk_gb", 1, 1000000)) options.disk_gb = static_cast<unsigned>(size->value);
    if (const auto text = table.text("readme")) options.readme = text->value;
    if (const auto choice = table.choice("category", {"NVIDIA", "AMD", "CPU"}))
        options.category = std::vector<std::string>{"NVIDIA", "AMD", "CPU"}[*choice];
    options.tcp_ports = read_ports(table, "tcp_ports", reading.report);
    options.args = values(table.texts("args", ListOf::arguments));
    options.environment = read_environment(table, "environment");
    options.secrets = read_environment(table, "secrets");
    for (const auto& [variable, secret] : options.secrets) {
        if (options.environment.contains(variable))
            table.error("secrets", "sets \"" + variable + "\", which 'environment' sets too", "remove one");
        const bool good = std::all_of(secret.begin(), secret.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        });
        if (!good || secret.empty())
            table.error("secrets", "names a secret by \"" + secret + "\"",
                        "the secret's name in the RunPod account, without {{ RUNPOD_SECRET_ }}: letters, digits, '_'");
    }
    options.cuda_versions = read_cuda_versions(table, "cuda_versions", reading.report);
    if (const auto flag = table.boolean("public")) options.is_public = flag->value;
    table.finish();
    return options;
}

}  // namespace tmplbuild
