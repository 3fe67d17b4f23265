// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/text.hpp"
#include "kernel/arch.hpp"
#include "kernel/version.hpp"
#include "template/recipe.hpp"

namespace tmplbuild {

using toml_tree::Node;

static const char* const rev_hint =
    "a branch or tag moves: `git ls-remote URL NAME` prints the commit that it names now";

const kernel::Arch* KernelRecipe::arch_for(const kernel::Capability& capability) const {
    const auto rule =
        std::find_if(archs.begin(), archs.end(), [&](const auto& r) { return r.capability == capability; });
    return rule == archs.end() ? nullptr : &rule->build_as;
}

static void read_source(TableReader& top, KernelRecipe& recipe, Report& report) {
    if (!top.require("source", "a [source] table with 'path', or with 'git' and 'rev'")) return;
    const Node* node = top.table("source");
    if (node == nullptr) return;
    TableReader table(*node, "[source]", report);
    const auto kind = exactly_one(table, report, {"path", "git"}, "path = \".\"");
    if (kind == "path") recipe.source_path = read_context_path(table, "path", recipe.directory);
    if (kind == "git") {
        recipe.source_url = read_url(table, "git", {"https", "http", "ssh", "git", "file"});
        table.require("rev", "rev = \"…40 hex digits…\"");
        recipe.source_rev = read_hex(table, "rev", 40, rev_hint);
    }
    recipe.source_exclude = values(table.texts("exclude"));
    table.finish();
}

static void read_build(TableReader& top, KernelRecipe& recipe, Report& report) {
    if (!top.require("build", "a [build] table with 'command'")) return;
    const Node* node = top.table("build");
    if (node == nullptr) return;
    TableReader table(*node, "[build]", report);
    table.require("command", "command = [\"make\", \"SM={sm}\", \"OUT={output}\"]");
    recipe.command = read_command(table, "command");
    recipe.environment = read_environment(table, "environment");
    std::vector<Placed<std::string>> texts = table.texts("command");
    for (const auto& [name, value] : recipe.environment) texts.push_back({value, table.pos_of("environment")});
    check_placeholders(texts, {"arch", "jobs", "output", "sm"}, "[build]", report);
    if (const auto flag = table.boolean("needs_torch")) recipe.needs_torch = flag->value;
    if (const auto minutes = table.number("minutes")) recipe.minutes = minutes->value;
    if (const auto memory = table.text("memory")) {
        const auto bytes = parse_bytes(memory->value);
        if (bytes && *bytes >= (64ULL << 20))
            recipe.memory_bytes = *bytes;
        else
            table.error("memory", "is not a size of at least 64 MiB: \"" + memory->value + "\"",
                        "write it like \"2GiB\"");
    }
    table.finish();
}

static std::optional<kernel::Capability> capability_of(const std::string& text, const SourcePos& pos, Report& report) {
    const auto value = kernel::Capability::parse(text);
    if (value) return *value;
    report.error(pos, value.error().message, value.error().hint);
    return std::nullopt;
}

static void read_archs(TableReader& top, KernelRecipe& recipe, Report& report) {
    top.require("arch", "[[arch]] with capability = \"8.9\"");
    for (const Node* node : top.tables("arch")) {
        TableReader table(*node, "[[arch]]", report);
        table.require("capability", "capability = \"8.9\"");
        const auto text = table.text("capability");
        const auto capability = text ? capability_of(text->value, text->pos, report) : std::nullopt;
        const auto build = table.text("build_as");
        table.finish();
        if (!capability) continue;
        const auto arch = kernel::Arch::parse(build ? build->value : text->value);
        if (!arch) {
            report.error(build ? build->pos : text->pos, arch.error().message, arch.error().hint);
            continue;
        }
        if (recipe.arch_for(*capability) != nullptr)
            report.error(text->pos, "capability " + capability->to_string() + " has two [[arch]] entries",
                         "remove one");
        if (!kernel::cubin_runs_on(*arch, *capability))
            report.error(build ? build->pos : text->pos,
                         arch->to_string() + " code does not run on " + capability->to_string(),
                         "build_as must be an earlier arch of the same major, or leave it out");
        recipe.archs.push_back({*capability, *arch});
    }
}

static void read_modules(TableReader& top, KernelRecipe& recipe, Report& report) {
    top.require("module", "[[module]] with file = \"name/_module.so\"");
    for (const Node* node : top.tables("module")) {
        TableReader table(*node, "[[module]]", report);
        KernelModule module;
        table.require("file", "file = \"name/_module.so\"");
        if (const auto file = table.text("file")) {
            module.file = file->value;
            if (!is_inner_path(module.file) || !module.file.ends_with(".so"))
                table.error("file", "is not a library inside the variant: \"" + module.file + "\"",
                            "a relative path without '..' that ends with .so");
            for (const auto& other : recipe.modules)
                if (other.file == module.file) table.error("file", "names \"" + module.file + "\" twice", "remove one");
        }
        for (const auto& [text, pos] : table.texts("capabilities")) {
            const auto capability = capability_of(text, pos, report);
            if (capability && recipe.arch_for(*capability) == nullptr)
                report.error(pos, "capability " + text + " has no [[arch]] entry", "add one, or remove it here");
            if (capability) module.capabilities.push_back(*capability);
        }
        if (!table.has("capabilities"))
            for (const auto& rule : recipe.archs) module.capabilities.push_back(rule.capability);
        table.finish();
        recipe.modules.push_back(std::move(module));
    }
    for (const auto& rule : recipe.archs) {
        const bool served = std::any_of(recipe.modules.begin(), recipe.modules.end(), [&](const KernelModule& m) {
            return std::find(m.capabilities.begin(), m.capabilities.end(), rule.capability) != m.capabilities.end();
        });
        if (!served && !recipe.modules.empty())
            report.error(recipe.pos, "no [[module]] serves capability " + rule.capability.to_string(),
                         "remove its [[arch]] entry, or name it in a module");
    }
}

static void read_small_tables(TableReader& top, KernelRecipe& recipe, Report& report) {
    if (const Node* node = top.table("toolchain")) {
        TableReader table(*node, "[toolchain]", report);
        if (const auto text = table.text("minimum_cuda")) {
            recipe.minimum_cuda = text->value;
            if (!kernel::Version::parse(text->value) || text->value.find('.') == std::string::npos)
                table.error("minimum_cuda", "is not a CUDA version: \"" + text->value + "\"",
                            "major.minor, like \"12.8\"");
        }
        table.finish();
    }
    recipe.python_version = recipe.version;
    if (top.require("python", "a [python] table with 'package'")) {
        if (const Node* node = top.table("python")) {
            TableReader table(*node, "[python]", report);
            table.require("package", "package = \"" + recipe.name + "\"");
            if (const auto text = table.text("package")) {
                recipe.python_package = text->value;
                if (make_name(text->value) != to_lower(text->value))
                    table.error("package", "is not a distribution's name: \"" + text->value + "\"",
                                "letters, digits, '.', '_' and '-'");
            }
            if (const auto text = table.text("version")) recipe.python_version = text->value;
            table.finish();
        }
    }
    if (const Node* node = top.table("runtime")) {
        TableReader table(*node, "[runtime]", report);
        recipe.runtime_needs = values(table.texts("needs"));
        table.finish();
    }
}

static KernelRecipe read_recipe(const RecipeFile& file, Report& report) {
    KernelRecipe recipe;
    recipe.directory = file.directory;
    recipe.pos = file.tree.pos;
    TableReader top(file.tree, "", report);
    top.any("kind");
    top.require("schema", "schema = 1");
    top.integer("schema", 1, 1);
    top.require("name", "name = \"…\"");
    top.require("version", "version = \"1.0.0\"");
    if (const auto name = read_name(top, "name")) recipe.name = *name;
    if (const auto version = top.text("version")) recipe.version = version->value;
    if (const auto summary = top.text("summary")) recipe.summary = summary->value;
    read_source(top, recipe, report);
    read_build(top, recipe, report);
    read_archs(top, recipe, report);
    read_modules(top, recipe, report);
    read_small_tables(top, recipe, report);
    top.finish();
    return recipe;
}

static InstallMode read_install(TableReader& table) {
    const Node* node = table.any("install");
    if (node == nullptr) return InstallMode::background;
    if (node->kind == Node::Kind::boolean) return node->flag ? InstallMode::wait : InstallMode::never;
    const auto choice = table.choice("install", {"background", "true", "false"});
    return choice ? static_cast<InstallMode>(*choice) : InstallMode::background;
}

std::optional<KernelUse> read_kernel_use(const RecipeFile& file, const Node& use, const Reading& reading) {
    Report& report = reading.report;
    KernelUse kernel;
    kernel.pos = use.pos;
    {
        const Report::Frame frame(report, "reading the kernel recipe used at " + use.pos.to_string());
        kernel.recipe = read_recipe(file, report);
    }
    kernel.name = kernel.recipe.name;
    TableReader table(use, "[[kernels]]", report);
    table.any("use");
    kernel.install = read_install(table);
    if (table.has("source")) {
        kernel.recipe.source_path = read_context_path(table, "source", reading.context);
        kernel.recipe.source_url.clear();
        kernel.recipe.source_rev.clear();
        for (const char* key : {"git", "rev"})
            if (table.has(key)) table.error(key, "says nothing where 'source' names a folder", "remove one of the two");
    }
    if (table.has("git")) {
        kernel.recipe.source_url = read_url(table, "git", {"https", "http", "ssh", "git", "file"});
        kernel.recipe.source_path.clear();
        table.require("rev", "rev = \"…40 hex digits…\"");
    }
    if (table.has("rev")) {
        kernel.recipe.source_rev = read_hex(table, "rev", 40, rev_hint);
        if (kernel.recipe.source_url.empty() && !table.has("git") && !table.has("source"))
            table.error("rev", "says nothing here: the recipe's source is a folder", "add 'git', or remove it");
    }
    table.finish();
    if (kernel.name.empty()) return std::nullopt;
    return kernel;
}

}  // namespace tmplbuild
