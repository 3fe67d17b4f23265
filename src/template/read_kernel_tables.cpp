// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/grammar.hpp"
#include "base/text.hpp"
#include "kernel/runtime_need.hpp"
#include "kernel/version.hpp"
#include "template/kernel_tables.hpp"

namespace tmplbuild {

using toml_tree::Node;

std::optional<kernel::Capability> read_capability(const std::string& text, const SourcePos& pos, Report& report) {
    const auto value = kernel::Capability::parse(text);
    if (value) return *value;
    report.error(pos, value.error().message, value.error().hint);
    return std::nullopt;
}

std::string read_cuda_version(TableReader& table, std::string_view key) {
    const auto text = table.text(key);
    if (!text) return {};
    if (kernel::Version::parse(text->value) && text->value.find('.') != std::string::npos) return text->value;
    table.error(key, "is not a CUDA version: \"" + text->value + "\"", "major.minor, like \"12.8\"");
    return {};
}

static void read_toolchain(TableReader& top, KernelRecipe& recipe, Report& report) {
    const Node* node = top.table("toolchain");
    if (node == nullptr) return;
    TableReader table(*node, "[toolchain]", report);
    recipe.minimum_cuda = read_cuda_version(table, "minimum_cuda");
    if (const auto flag = table.boolean("driver_stub")) recipe.driver_stub = flag->value;
    table.finish();
}

static void read_python(TableReader& top, KernelRecipe& recipe, Report& report) {
    recipe.python_version = recipe.version;
    if (!top.require("python", "a [python] table with 'package'")) return;
    const Node* node = top.table("python");
    if (node == nullptr) return;
    TableReader table(*node, "[python]", report);
    table.require("package", "package = \"" + recipe.name + "\"");
    if (const auto text = table.text("package")) {
        recipe.python_package = text->value;
        if (make_name(text->value) != to_lower(text->value))
            table.error("package", "is not a distribution's name: \"" + text->value + "\"",
                        "letters, digits, '.', '_' and '-'");
    }
    if (const auto text = table.text("version")) {
        recipe.python_version = text->value;
        if (!is_plain_python_version(text->value))
            table.error("version", "is no version of a distribution: \"" + text->value + "\"", python_version_hint);
    }
    table.finish();
}

static void read_torch(TableReader& top, KernelRecipe& recipe, Report& report) {
    const Node* node = top.table("torch");
    if (node == nullptr) return;
    TableReader table(*node, "[torch]", report);
    for (const auto& [key, into] :
         {std::pair{"minimum", &recipe.minimum_torch}, std::pair{"maximum", &recipe.maximum_torch}}) {
        const auto text = table.text(key);
        if (text && kernel::Version::parse(text->value))
            *into = text->value;
        else if (text)
            table.error(key, "is not a release of torch: \"" + text->value + "\"", "like \"2.11\" or \"2.11.0\"");
    }
    table.finish();
    if (!recipe.needs_torch)
        report.error(node->pos, "[torch] says nothing where 'needs_torch' is not true",
                     "write needs_torch = true under [build], or remove [torch]");
    if (!recipe.minimum_torch.empty() && !recipe.maximum_torch.empty() &&
        *kernel::Version::parse(recipe.maximum_torch) < *kernel::Version::parse(recipe.minimum_torch))
        table.error("maximum", "is older than 'minimum'");
}

static void read_refused(TableReader& top, KernelRecipe& recipe, Report& report) {
    for (const Node* node : top.tables("refused")) {
        TableReader table(*node, "[[refused]]", report);
        table.require("capability", "capability = \"10.0\"");
        table.require("reason", "reason = \"…\"");
        const auto text = table.text("capability");
        const auto capability = text ? read_capability(text->value, text->pos, report) : std::nullopt;
        const auto reason = table.text("reason");
        table.finish();
        if (!capability || !reason) continue;
        if (recipe.arch_for(*capability) != nullptr)
            table.error("capability", "is " + capability->to_string() + ", which [[arch]] serves",
                        "remove one of the two");
        if (recipe.refusal_of(*capability) != nullptr)
            table.error("capability", "is " + capability->to_string() + ", which is refused already", "remove one");
        recipe.refused.push_back({*capability, reason->value});
    }
}

static void read_fallback(TableReader& top, KernelRecipe& recipe, Report& report) {
    const Node* node = top.table("fallback");
    if (node == nullptr) return;
    TableReader table(*node, "[fallback]", report);
    table.require("requirements", "requirements = [\"" + recipe.name + "==1.0\"]");
    table.require("capabilities", "capabilities = [\"8.6\"]");
    recipe.fallback.requirements = read_requirements(table, "requirements", report, Addresses::refused);
    for (const auto& [text, pos] : table.texts("capabilities"))
        if (const auto capability = read_capability(text, pos, report))
            recipe.fallback.capabilities.push_back(*capability);
    table.finish();
}

static void read_selftest(TableReader& top, KernelRecipe& recipe, Report& report) {
    const Node* node = top.table("selftest");
    if (node == nullptr) return;
    TableReader table(*node, "[selftest]", report);
    table.require("file", "file = \"selftest.py\"");
    recipe.selftest = read_context_path(table, "file", recipe.directory);
    if (!recipe.selftest.empty() && recipe.selftest.extension() != ".py")
        table.error("file", "is no Python script: \"" + recipe.selftest.filename().string() + "\"", "it ends with .py");
    table.finish();
}

void read_kernel_tables(TableReader& top, KernelRecipe& recipe, Report& report) {
    read_toolchain(top, recipe, report);
    read_python(top, recipe, report);
    read_torch(top, recipe, report);
    if (const Node* node = top.table("runtime")) {
        TableReader table(*node, "[runtime]", report);
        for (const auto& [text, pos] : table.texts("needs")) {
            const auto need = kernel::RuntimeNeed::parse(text);
            if (!need) report.error(pos, need.error().message, need.error().hint);
            if (need) recipe.runtime_needs.push_back(need->to_string());
        }
        table.finish();
    }
    read_refused(top, recipe, report);
    read_fallback(top, recipe, report);
    read_selftest(top, recipe, report);
}

}  // namespace tmplbuild
