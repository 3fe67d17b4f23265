// SPDX-License-Identifier: Apache-2.0
// The command gpus: every GPU that a template may name, and which kernels serve it: those of the shipped recipes, of a
// template, or of an image as its annotation proves it.
#include <algorithm>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/registry_access.hpp"
#include "engine/kernel/kernel_table.hpp"
#include "kernel/gpu.hpp"
#include "template/parse.hpp"
#include "template/recipe.hpp"
#include "toml/toml_text.hpp"

namespace tmplbuild::cli {

namespace fs = std::filesystem;

namespace {

struct Serving {
    std::string kernel;
    std::string variant;  // the arch whose variant serves the GPU; empty: none does
    std::string verdict;  // according to an image's bytes; empty where a recipe only says what it would build
    std::string reason;
};

// The variants that would serve a GPU, by kernel.
class Kernels {
  public:
    Kernels(const Options& options, const std::stop_token& stop) {
        const std::string& from = options.image;
        if (from.empty())
            from_recipes();
        else if (from.ends_with(".toml"))
            add_template(parse_template_file(from, {{}, recipes_folder()}));
        else
            annotation_ = open_image(from, options, stop).annotation(kernels_annotation);
    }

    std::vector<Serving> serving(const kernel::Gpu& gpu) const {
        std::vector<Serving> out;
        const kernel::GpuTarget target{std::string(gpu.name), gpu.capability(), &gpu};
        for (const KernelAnswer& answer : can_run_kernels(annotation_, target).value())
            out.push_back(
                {answer.kernel, answer.arch, kernel::to_string(answer.judgement.verdict), answer.judgement.reason});
        for (const KernelRecipe& recipe : recipes_) out.push_back(by_recipe(recipe, target));
        return out;
    }

  private:
    static Serving by_recipe(const KernelRecipe& recipe, const kernel::GpuTarget& target) {
        if (!target.capability) return {recipe.name, "", "", "it is not a CUDA GPU"};
        if (const std::string* why = recipe.refusal_of(*target.capability)) return {recipe.name, "", "", *why};
        if (const kernel::Arch* arch = recipe.arch_for(*target.capability))
            return {recipe.name, arch->to_string(), "", ""};
        return {recipe.name, "", "", "its recipe does not name " + target.capability->to_string()};
    }

    void add_template(const Template& tmpl) {
        for (const KernelUse& use : tmpl.kernels) recipes_.push_back(use.recipe);
    }

    // Each recipe is read through the smallest template that uses it, so that recipes have one reader.
    void from_recipes() {
        std::vector<fs::path> folders;
        std::error_code failed;
        for (const auto& entry : fs::directory_iterator(recipes_folder(), failed)) {
            const auto text = read_text_file(entry.path() / "layer.toml");
            const auto tree = text ? toml_tree::parse_toml(*text, "layer.toml") : Result<toml_tree::Node>(text.error());
            const auto* kind = tree ? tree->find("kind") : nullptr;
            if (kind != nullptr && kind->value.text == "kernel") folders.push_back(entry.path());
        }
        std::sort(folders.begin(), folders.end());
        for (const fs::path& folder : folders)
            add_template(
                parse_template("schema = 1\nname = \"gpus\"\n[base]\ndebian = { suite = \"bookworm\" }\n"
                               "[[kernels]]\nuse = \"" +
                                   folder.filename().string() + "\"\n",
                               fs::current_path() / "template.toml", {{}, recipes_folder()}));
    }

    std::string annotation_;
    std::vector<KernelRecipe> recipes_;
};

json::array kernels_json(const std::vector<Serving>& list) {
    json::array out;
    for (const Serving& serving : list) {
        json::object entry{{"kernel", serving.kernel}, {"variant", serving.variant}};
        if (!serving.verdict.empty()) entry["verdict"] = serving.verdict;
        if (!serving.reason.empty()) entry["reason"] = serving.reason;
        out.push_back(std::move(entry));
    }
    return out;
}

std::string kernels_text(const std::vector<Serving>& list) {
    std::vector<std::string> out;
    for (const Serving& serving : list)
        if (!serving.variant.empty())
            out.push_back(serving.kernel + " (" + serving.variant +
                          (serving.verdict.empty() ? "" : ", " + serving.verdict) + ")");
    return out.empty() ? "-" : join(out, ", ");
}

}  // namespace

int run_gpus(const Options& options, const std::stop_token& stop) {
    const Kernels kernels(options, stop);
    json::array rows;
    if (!options.json) print_row({{"GPU", 22}, {"COMPUTE", 8}, {"FAMILY", 16}, {"RUNPOD", 7}, {"KERNELS"}});
    for (const kernel::Gpu& gpu : kernel::all_gpus()) {
        const auto capability = gpu.capability();
        const std::string shown = capability ? capability->to_string() : "no CUDA";
        const std::vector<Serving> serving = kernels.serving(gpu);
        if (options.json)
            rows.push_back(json::object{{"name", gpu.name},
                                        {"product", gpu.product_id},
                                        {"capability", shown},
                                        {"family", gpu.family},
                                        {"memory_gb", gpu.memory_gb},
                                        {"runpod", gpu.on_runpod},
                                        {"source", gpu.source},
                                        {"kernels", kernels_json(serving)}});
        else
            print_row({{std::string(gpu.name), 22},
                       {shown, 8},
                       {std::string(gpu.family), 16},
                       {gpu.on_runpod ? "yes" : "", 7},
                       {kernels_text(serving)}});
    }
    if (options.json) print_json(rows);
    return 0;
}

}  // namespace tmplbuild::cli
