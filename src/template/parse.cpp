// SPDX-License-Identifier: Apache-2.0
#include "template/parse.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "template/check.hpp"
#include "template/recipe.hpp"
#include "template/sections.hpp"
#include "template/set_option.hpp"
#include "toml/toml_text.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;
using toml_tree::Node;

namespace {

class Parser {
  public:
    Parser(Report& report, const fs::path& file, const ParseOptions& options) : report_(report), options_(options) {
        tmpl_.file = fs::absolute(file).lexically_normal();
        tmpl_.directory = tmpl_.file.parent_path();
    }

    Template run(const Node& tree);

  private:
    void read_layers(TableReader& top, RecipeFinder& finder, Reading& reading);
    void use_recipe(const RecipeFile& recipe, const Node& use);
    void add_packages(const RecipeParts& parts, const SourcePos& pos);
    void name_layers();
    void read_kernels(TableReader& top, RecipeFinder& finder, Reading& reading);
    void read_console(TableReader& top);

    Report& report_;
    const ParseOptions& options_;
    Template tmpl_;
    std::vector<NamedLayer> layers_;
};

void Parser::read_layers(TableReader& top, RecipeFinder& finder, Reading& reading) {
    for (const Node* node : top.tables("layers")) {
        TableReader entry(*node, "[[layers]]", report_);
        entry.require("use", "use = \"files\", another kind of layer, or a recipe's name");
        const auto use = entry.text("use");
        if (!use) continue;
        const auto& kinds = layer_kinds();
        if (std::find(kinds.begin(), kinds.end(), use->value) != kinds.end())
            layers_.push_back(read_layer(*node, use->value, reading));
        else if (const RecipeFile* recipe = finder.find(use->value, "layer", use->pos))
            use_recipe(*recipe, *node);
    }
}

void Parser::use_recipe(const RecipeFile& recipe, const Node& use) {
    RecipeParts parts = expand_recipe(recipe, use, report_);
    add_packages(parts, use.pos);
    // The line that uses a recipe is responsible for what the recipe adds: messages about clashes name that line.
    for (auto& layer : parts.layers) {
        layer.layer.pos = use.pos;
        layers_.push_back(std::move(layer));
    }
    for (auto& service : parts.services) {
        service.pos = use.pos;
        tmpl_.services.push_back(std::move(service));
    }
}

void Parser::add_packages(const RecipeParts& parts, const SourcePos& pos) {
    if (parts.packages.empty()) return;
    if (auto* debian = std::get_if<DebianBase>(&tmpl_.base)) {
        std::set<std::string> merged(debian->packages.begin(), debian->packages.end());
        merged.insert(parts.packages.begin(), parts.packages.end());
        debian->packages.assign(merged.begin(), merged.end());
        return;
    }
    Layer layer;
    layer.name = make_name(parts.name + "-packages");
    layer.body = AptLayer{parts.packages};
    layer.pos = pos;
    layer.from_recipe = parts.name;
    layers_.push_back({std::move(layer), false});
}

// Names that the template gives come first; a generated name that is taken gets a number.
void Parser::name_layers() {
    std::set<std::string> taken;
    for (const auto& made : layers_)
        if (made.name_given) taken.insert(made.layer.name);
    for (auto& made : layers_) {
        if (!made.name_given) {
            const std::string wanted = made.layer.name;
            for (int i = 2; taken.contains(made.layer.name); ++i) made.layer.name = wanted + "-" + std::to_string(i);
            taken.insert(made.layer.name);
        }
        tmpl_.layers.push_back(std::move(made.layer));
    }
}

void Parser::read_kernels(TableReader& top, RecipeFinder& finder, Reading& reading) {
    for (const Node* node : top.tables("kernels")) {
        TableReader entry(*node, "[[kernels]]", report_);
        entry.require("use", "use = \"sageattention\", or a recipe's folder: \"./my-kernel\"");
        const auto use = entry.text("use");
        const RecipeFile* recipe = use ? finder.find(use->value, "kernel", use->pos) : nullptr;
        if (recipe == nullptr) continue;
        bool off = false;
        auto kernel = read_kernel_use(*recipe, *node, reading, off);
        if (kernel && off) tmpl_.kernels_off.push_back(kernel->name);
        if (kernel && !off) tmpl_.kernels.push_back(std::move(*kernel));
    }
}

void Parser::read_console(TableReader& top) {
    const Node* node = top.table("console");
    if (node == nullptr) return;
    TableReader table(*node, "[console]", report_);
    if (const auto flag = table.boolean("enabled")) tmpl_.console = flag->value;
    if (const auto port = table.integer("port", 1, 65535)) tmpl_.console_port = static_cast<std::uint16_t>(port->value);
    if (table.has("catalogue")) tmpl_.console_catalogue = read_context_item(table, "catalogue", tmpl_.directory);
    table.finish();
}

Template Parser::run(const Node& tree) {
    TableReader top(tree, "", report_);
    Reading reading{report_, tmpl_.directory, {}};
    top.hint_for("packages", "Debian's packages belong to the base: debian = { suite = \"bookworm\", packages = [] }");
    top.hint_for("environment", "it is written under [image], or in a service");
    top.hint_for("gpus", "it is written under [targets]");
    top.require("schema", "schema = 1");
    top.require("name", "name = \"my-image\"");
    top.require("base", "a [base] table with debian = { suite = \"bookworm\" }");
    top.integer("schema", 1, 1);
    if (const auto name = read_name(top, "name")) tmpl_.name = *name;
    std::vector<fs::path> folders;
    if (const auto recipes = top.text("recipes")) {
        folders.push_back((tmpl_.directory / recipes->value).lexically_normal());
        std::error_code code;
        if (!fs::is_directory(folders.back(), code))
            top.error("recipes", "names no folder: \"" + recipes->value + "\"", "it starts from the template's folder");
    }
    if (!options_.recipes.empty()) folders.push_back(fs::absolute(options_.recipes).lexically_normal());
    RecipeFinder finder(report_, tmpl_.directory, std::move(folders));
    if (const Node* base = top.table("base")) {
        tmpl_.base_pos = base->pos;
        tmpl_.base = read_base(*base, reading);
    }
    for (const Node* node : top.tables("repositories")) tmpl_.repositories.push_back(read_repository(*node, reading));
    if (const Node* targets = top.table("targets")) tmpl_.targets = read_targets(*targets, reading);
    read_layers(top, finder, reading);
    name_layers();
    read_kernels(top, finder, reading);
    for (const Node* node : top.tables("services"))
        if (auto service = read_service(*node, reading)) tmpl_.services.push_back(std::move(*service));
    read_console(top);
    if (const Node* image = top.table("image")) tmpl_.image = read_image(*image, reading);
    if (const Node* runpod = top.table("runpod")) tmpl_.runpod = read_runpod(*runpod, reading);
    top.finish();
    check_template(tmpl_, report_);
    return std::move(tmpl_);
}

}  // namespace

Template parse_template(const std::string& text, const fs::path& file, const ParseOptions& options) {
    auto tree = toml_tree::parse_toml(text, file.string());
    if (!tree) throw BuildError(tree.error());
    Report report;
    for (const auto& option : options.set) apply_set(*tree, option, report);
    Template tmpl = Parser(report, file, options).run(*tree);
    report.raise_if_any(file.string());
    return tmpl;
}

Template parse_template_file(const fs::path& file, const ParseOptions& options) {
    const auto text = read_text_file(file);
    if (!text) throw BuildError(text.error());
    return parse_template(*text, file, options);
}

}  // namespace tmplbuild
