// SPDX-License-Identifier: Apache-2.0
#include "template/recipe.hpp"

#include <algorithm>
#include <set>
#include <system_error>

#include "base/text.hpp"
#include "sys/file.hpp"
#include "toml/toml_text.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;
using toml_tree::Node;

Result<std::string> read_text_file(const fs::path& file) {
    std::error_code code;
    if (!fs::is_regular_file(file, code))
        return usage_error("cannot read " + file.string() +
                           (fs::exists(file, code) ? ": it is not a file" : ": there is no such file"));
    auto text = sys::read_file(file);
    if (!text) return usage_error(text.error().message, "check its permissions");
    return text;
}

std::optional<fs::path> RecipeFinder::locate(const std::string& use) const {
    std::error_code code;
    if (use.find('/') != std::string::npos) {
        const fs::path folder = (context_ / use).lexically_normal();
        if (fs::is_regular_file(folder / "layer.toml", code)) return folder;
        return std::nullopt;
    }
    for (const auto& folder : folders_)
        if (fs::is_regular_file(folder / use / "layer.toml", code)) return (folder / use).lexically_normal();
    return std::nullopt;
}

// The names that may have been meant. A folder that cannot be listed has none.
std::vector<std::string> RecipeFinder::names(const std::string& kind) const {
    std::set<std::string> found;
    if (kind == "layer") found.insert(layer_kinds().begin(), layer_kinds().end());
    for (const auto& folder : folders_) {
        std::error_code code;
        for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
            const auto text = read_text_file(entry->path() / "layer.toml");
            const auto tree = text ? toml_tree::parse_toml(*text, "layer.toml") : Result<Node>(Node());
            const auto* written = tree ? tree->find("kind") : nullptr;
            if (written != nullptr && written->value.text == kind) found.insert(entry->path().filename().string());
        }
    }
    return {found.begin(), found.end()};
}

const RecipeFile* RecipeFinder::find(const std::string& use, const std::string& kind, const SourcePos& where) {
    const auto folder = locate(use);
    if (!folder) {
        const auto known = names(kind);
        std::string hint = did_you_mean(use, known);
        if (use.find('/') != std::string::npos) hint = "a recipe is a folder with a layer.toml in it";
        if (hint.empty())
            hint = known.empty() ? "a recipe is a folder; write its path: \"./" + use + "\""
                                 : "known: " + join(known, ", ");
        report_.error(
            where, "there is no " + std::string(kind == "layer" ? "layer" : "kernel") + " recipe '" + use + "'", hint);
        return nullptr;
    }
    auto [place, fresh] = loaded_.try_emplace(*folder);
    if (fresh) {
        const fs::path file = *folder / "layer.toml";
        const auto text = read_text_file(file);
        auto tree = text ? toml_tree::parse_toml(*text, file.string()) : Result<Node>(text.error());
        if (!tree)
            report_.add(tree.error());
        else {
            TableReader top(*tree, "", report_);
            top.require("kind", "kind = \"layer\" or kind = \"kernel\"");
            const auto choice = top.choice("kind", {"layer", "kernel"});
            if (choice) place->second = RecipeFile{*choice == 0 ? "layer" : "kernel", *folder, std::move(*tree)};
        }
    }
    if (!place->second) return nullptr;
    if (place->second->kind == kind) return &*place->second;
    report_.error(where, "'" + use + "' is a " + place->second->kind + " recipe",
                  std::string("use it under [[") + (kind == "layer" ? "kernels" : "layers") + "]]");
    return nullptr;
}

}  // namespace tmplbuild
