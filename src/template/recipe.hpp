// SPDX-License-Identifier: Apache-2.0
// Recipes: finds a layer.toml by name or path, checks the parameters that a template gives, and puts them into the
// recipe's text. Used by the reader of templates and by `tmplbuild gpus`. Reads layer.toml files and nothing else.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "template/kernel_recipe.hpp"
#include "template/sections.hpp"
#include "toml/node.hpp"

namespace tmplbuild {

Result<std::string> read_text_file(const std::filesystem::path& file);

struct RecipeFile {
    std::string kind;                 // "layer" or "kernel"
    std::filesystem::path directory;  // absolute, of layer.toml
    toml_tree::Node tree;
};

class RecipeFinder {
  public:
    // `folders` in the order in which they are searched; paths ("./mine") count from `context`.
    RecipeFinder(Report& report, std::filesystem::path context, std::vector<std::filesystem::path> folders)
        : report_(report), context_(std::move(context)), folders_(std::move(folders)) {}

    // nullptr, reported at `where`, when there is none of that kind. The result lives as long as the finder.
    const RecipeFile* find(const std::string& use, const std::string& kind, const SourcePos& where);

  private:
    std::vector<std::string> names(const std::string& kind) const;
    std::optional<std::filesystem::path> locate(const std::string& use) const;

    Report& report_;
    std::filesystem::path context_;
    std::vector<std::filesystem::path> folders_;
    std::map<std::filesystem::path, std::optional<RecipeFile>> loaded_;
};

// What one use of a recipe with kind = "layer" adds to the template.
struct RecipeParts {
    std::string name;
    std::vector<std::string> packages;  // Debian's
    std::vector<NamedLayer> layers;
    std::vector<TemplateService> services;
};
// `use` is the template's [[layers]] entry: all its keys but 'use' are parameters.
RecipeParts expand_recipe(const RecipeFile& recipe, const toml_tree::Node& use, Report& report);

// `use` is the template's [[kernels]] entry, whose 'source', 'git' and 'rev' replace the recipe's. `off` is set where
// the template switches the kernel off.
std::optional<KernelUse> read_kernel_use(const RecipeFile& recipe, const toml_tree::Node& use, const Reading& reading,
                                         bool& off);

}  // namespace tmplbuild
