// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/grammar.hpp"
#include "base/text.hpp"
#include "compile/recipe.hpp"
#include "kernel/arch.hpp"
#include "kernel/version.hpp"
#include "template/kernel_tables.hpp"
#include "template/recipe.hpp"
#include "template/requirement.hpp"

namespace tmplbuild {

using toml_tree::Node;

static const char* const rev_hint =
    "a branch or tag moves: `git ls-remote URL NAME` prints the commit that it names now";

std::chrono::seconds KernelRecipe::time_limit() const {
    const double minutes_allowed = limit_minutes > 0 ? limit_minutes : std::max(30.0, 10 * minutes);
    return std::chrono::seconds(static_cast<std::int64_t>(minutes_allowed * 60));
}

const kernel::Arch* KernelRecipe::arch_for(const kernel::Capability& capability) const {
    const auto rule =
        std::find_if(archs.begin(), archs.end(), [&](const auto& r) { return r.capability == capability; });
    return rule == archs.end() ? nullptr : &rule->build_as;
}

std::map<std::string, std::string> KernelRecipe::environment_for(const kernel::Arch& arch) const {
    std::map<std::string, std::string> out = environment;
    for (const KernelArchRule& rule : archs)
        if (rule.build_as == arch)
            for (const auto& [variable, value] : rule.environment) out[variable] = value;
    return out;
}

std::string KernelRecipe::minimum_cuda_for(const kernel::Arch& arch) const {
    std::string out = minimum_cuda;
    for (const KernelArchRule& rule : archs)
        if (rule.build_as == arch && !rule.minimum_cuda.empty() &&
            (out.empty() || *kernel::Version::parse(out) < *kernel::Version::parse(rule.minimum_cuda)))
            out = rule.minimum_cuda;
    return out;
}

const std::string* KernelRecipe::refusal_of(const kernel::Capability& capability) const {
    for (const KernelRefusal& refusal : refused)
        if (refusal.capability == capability) return &refusal.reason;
    return nullptr;
}

std::optional<std::string> KernelRecipe::torch_refusal(const std::string& torch_version) const {
    // The release part of a version like "2.12.0a0+git1234", which PEP 440 compares first.
    std::string release = torch_version.substr(0, torch_version.find_first_not_of("0123456789."));
    while (!release.empty() && release.back() == '.') release.pop_back();
    const auto have = kernel::Version::parse(release);
    if (!have) return std::nullopt;
    if (!minimum_torch.empty() && *have < *kernel::Version::parse(minimum_torch))
        return name + " needs torch " + minimum_torch + " or newer, and the image has " + torch_version;
    if (maximum_torch.empty() || *have <= *kernel::Version::parse(maximum_torch)) return std::nullopt;
    if (release.starts_with(maximum_torch + ".")) return std::nullopt;
    return name + " is known to compile up to torch " + maximum_torch + ", and the image has " + torch_version;
}

// Refuses an archive where a folder is needed; a missing folder is reported when it is read.
static void refuse_archive(TableReader& table, std::string_view key, const std::filesystem::path& source) {
    std::error_code failed;
    if (!std::filesystem::is_regular_file(source, failed)) return;
    table.error(key, "is a file, and a kernel's source is a folder: \"" + source.filename().string() + "\"",
                "unpack it; or give an archive's address and hash: url = \"https://…\", sha256 = \"…\", strip = 1");
}

static void read_git_source(TableReader& table, KernelRecipe& recipe) {
    recipe.source_url = read_url(table, "git", {"https", "http", "ssh", "git", "file"});
    table.require("rev", "rev = \"…40 hex digits…\"");
    recipe.source_rev = read_hex(table, "rev", 40, rev_hint);
    if (const auto flag = table.boolean("submodules")) recipe.source_submodules = flag->value;
    if (const auto choice = table.choice("lfs", {"error", "pointers"})) recipe.source_lfs_pointers = *choice == 1;
}

static void read_archive_source(TableReader& table, KernelRecipe& recipe) {
    recipe.archive_url = read_url(table, "url", {"https", "http"});
    table.require("sha256", "sha256 = \"…64 hex digits…\"");
    recipe.archive_sha256 = read_hex(table, "sha256", 64, "`sha256sum FILE` prints it");
    if (const auto count = table.integer("strip", 0, 32))
        recipe.archive_strip = static_cast<std::uint32_t>(count->value);
}

static void read_sdist_source(TableReader& table, KernelRecipe& recipe) {
    const auto text = table.text("sdist");
    if (!text) return;
    const auto asked = parse_requirement(text->value);
    const std::string version =
        asked && asked->versions.starts_with("==") ? std::string(trim(asked->versions.substr(2))) : "";
    // Accepts "name==1.0" only: no extras, no marker, no hash, no range.
    if (!asked || asked->text() != asked->name + asked->versions || !asked->hashes.empty() ||
        !is_plain_python_version(version)) {
        table.error("sdist", "is not one version of a project: \"" + without_user(text->value) + "\"",
                    "write it like \"sageattention==1.0.6\"");
        return;
    }
    recipe.sdist_project = asked->project();
    recipe.sdist_version = version;
}

static void read_source(TableReader& top, KernelRecipe& recipe, Report& report) {
    if (!top.require("source",
                     "a [source] table with 'path', with 'git' and 'rev', with 'url' and 'sha256', or with 'sdist'"))
        return;
    const Node* node = top.table("source");
    if (node == nullptr) return;
    TableReader table(*node, "[source]", report);
    if (!table.has("path")) table.hint_for("exclude", "only a folder, named by 'path', has parts that are left out");
    const auto kind = exactly_one(table, report, {"path", "git", "url", "sdist"}, "path = \".\"");
    if (kind == "path") {
        recipe.source_folder = read_context_item(table, "path", recipe.directory);
        recipe.source_folder.exclude = values(table.texts("exclude"));
        refuse_archive(table, "path", recipe.source_folder.source);
    }
    if (kind == "git") read_git_source(table, recipe);
    if (kind == "url") read_archive_source(table, recipe);
    if (kind == "sdist") read_sdist_source(table, recipe);
    for (const auto& [text, pos] : table.texts("patches")) {
        std::error_code failed;
        const std::filesystem::path file = recipe.directory / text;
        if (!is_inner_path(text) || !std::filesystem::is_regular_file(file, failed))
            report.error(pos, "no patch '" + text + "' lies beside the recipe",
                         "a file of the recipe's folder, as `git diff` writes them");
        recipe.patches.push_back(file);
    }
    table.finish();
}

// Projects split this list in different ways, and silently drop entries that they do not know.
static void check_arch_list(const std::map<std::string, std::string>& environment, TableReader& table, Report& report) {
    const auto list = environment.find("TORCH_CUDA_ARCH_LIST");
    if (list == environment.end() || list->second.find_first_of(" ;,+") == std::string::npos) return;
    report.error(table.pos_of("environment"),
                 "TORCH_CUDA_ARCH_LIST is \"" + list->second + "\", and a variant is compiled for one arch alone",
                 "write \"{arch}\", or leave it out: it has that value anyway");
}

static void read_build(TableReader& top, KernelRecipe& recipe, Report& report) {
    if (!top.require("build", "a [build] table with 'command'")) return;
    const Node* node = top.table("build");
    if (node == nullptr) return;
    TableReader table(*node, "[build]", report);
    table.require("command", "command = [\"make\", \"SM={sm}\", \"OUT={output}\"]");
    recipe.command = read_command(table, "command");
    recipe.environment = read_environment(table, "environment");
    std::vector<Placed<std::string>> texts = table.texts("command", ListOf::arguments);
    for (const auto& [name, value] : recipe.environment) texts.push_back({value, table.pos_of("environment")});
    check_placeholders(texts, compile::recipe_placeholders(), "[build]", report);
    check_arch_list(recipe.environment, table, report);
    recipe.build_requirements = read_requirements(table, "requirements", report, Addresses::refused);
    if (const auto flag = table.boolean("needs_torch")) recipe.needs_torch = flag->value;
    for (const auto& [text, pos] : table.texts("requirements"))
        if (const auto asked = parse_requirement(text); asked && asked->project() == "torch" && !recipe.needs_torch)
            report.error(pos, "the kernel would be compiled against a torch that no image has",
                         "write needs_torch = true: the compile then sees the venv's own");
    if (const auto minutes = table.number("minutes")) recipe.minutes = minutes->value;
    if (const auto limit = table.number("limit_minutes")) {
        recipe.limit_minutes = limit->value;
        if (limit->value > 7 * 24 * 60) table.error("limit_minutes", "is more than a week");
    }
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

// The environment and CUDA of one variant; they stand at one of the entries that it serves.
static void read_variant_keys(TableReader& table, KernelArchRule& rule, Report& report) {
    rule.environment = read_environment(table, "environment");
    std::vector<Placed<std::string>> texts;
    for (const auto& [name, value] : rule.environment) texts.push_back({value, table.pos_of("environment")});
    check_placeholders(texts, compile::recipe_placeholders(), "[[arch]]", report);
    check_arch_list(rule.environment, table, report);
    rule.minimum_cuda = read_cuda_version(table, "minimum_cuda");
}

static void read_archs(TableReader& top, KernelRecipe& recipe, Report& report) {
    top.require("arch", "[[arch]] with capability = \"8.9\"");
    for (const Node* node : top.tables("arch")) {
        TableReader table(*node, "[[arch]]", report);
        table.require("capability", "capability = \"8.9\"");
        const auto text = table.text("capability");
        const auto capability = text ? read_capability(text->value, text->pos, report) : std::nullopt;
        const auto build = table.text("build_as");
        KernelArchRule rule;
        read_variant_keys(table, rule, report);
        table.finish();
        if (!capability) continue;
        auto arch = kernel::Arch::parse(build ? build->value : text->value);
        if (!arch) {
            report.error(build ? build->pos : text->pos, arch.error().message, arch.error().hint);
            // Set even so, so that [[module]] finds the entry and reports no second error.
            arch = kernel::Arch::parse(text->value);
            if (!arch) continue;
        }
        if (recipe.arch_for(*capability) != nullptr)
            report.error(text->pos, "capability " + capability->to_string() + " has two [[arch]] entries",
                         "remove one");
        if (!kernel::cubin_runs_on(*arch, *capability))
            report.error(build ? build->pos : text->pos,
                         arch->to_string() + " code does not run on " + capability->to_string(),
                         "build_as must be an earlier arch of the same major, or leave it out");
        for (const char* key : {"environment", "minimum_cuda"})
            for (const auto& other : recipe.archs)
                if (table.has(key) && other.build_as == *arch)
                    report.error(table.key_pos_of(key),
                                 std::string("'") + key + "' stands at an entry that is served by the same variant (" +
                                     arch->to_string() + ") as an earlier one",
                                 "write it at the first entry of that variant");
        rule.capability = *capability;
        rule.build_as = *arch;
        recipe.archs.push_back(std::move(rule));
    }
}

static constexpr const char* module_characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-/";

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
            if (module.file.find_first_not_of(module_characters) != std::string::npos)
                table.error(
                    "file", "is not the name of one file: \"" + module.file + "\"",
                    "letters, digits, '.', '_', '+', '-' and '/', each module by its own name; SETUPTOOLS_EXT_SUFFIX = "
                    "\".so\" under [build.environment] gives those of setuptools plain names");
            for (const auto& other : recipe.modules)
                if (other.file == module.file) table.error("file", "names \"" + module.file + "\" twice", "remove one");
        }
        for (const auto& [text, pos] : table.texts("capabilities")) {
            const auto capability = read_capability(text, pos, report);
            if (capability && recipe.arch_for(*capability) == nullptr)
                report.error(pos, "capability " + text + " has no [[arch]] entry", "add one, or remove it here");
            if (capability) module.capabilities.push_back(*capability);
        }
        if (const auto flag = table.boolean("device_code")) module.device_code = flag->value;
        module.may_lack = values(table.texts("may_lack"));
        if (!module.device_code && !module.may_lack.empty())
            table.error("may_lack", "says nothing where device_code = false", "remove one of the two");
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
    if (!recipe.version.empty() && !is_plain_python_version(recipe.version))
        top.error("version", "is no version of a distribution: \"" + recipe.version + "\"", python_version_hint);
    if (const auto summary = top.text("summary")) recipe.summary = summary->value;
    read_source(top, recipe, report);
    read_build(top, recipe, report);
    read_archs(top, recipe, report);
    read_modules(top, recipe, report);
    read_kernel_tables(top, recipe, report);
    top.finish();
    return recipe;
}

static pod::InstallMode read_install(TableReader& table, bool& off) {
    const Node* node = table.any("install");
    if (node == nullptr) return pod::InstallMode::background;
    if (node->kind == Node::Kind::boolean) return node->flag ? pod::InstallMode::required : pod::InstallMode::prebuilt;
    const auto choice = table.choice("install", {"background", "true", "prebuilt", "off", "false"});
    if (!choice) return pod::InstallMode::background;
    off = *choice == 3;
    return *choice == 0   ? pod::InstallMode::background
           : *choice == 1 ? pod::InstallMode::required
                          : pod::InstallMode::prebuilt;
}

// Reads the source that the template names instead of the recipe's [source].
static void read_other_source(TableReader& table, KernelRecipe& recipe, const Reading& reading) {
    const auto forget = [&recipe] {
        recipe.source_folder = {};
        recipe.source_url.clear();
        recipe.source_rev.clear();
        recipe.archive_url.clear();
        recipe.archive_sha256.clear();
        recipe.sdist_project.clear();
        recipe.sdist_version.clear();
    };
    if (table.has("source")) {
        forget();
        recipe.source_folder = read_context_item(table, "source", reading.context);
        refuse_archive(table, "source", recipe.source_folder.source);
        for (const char* key : {"git", "rev"})
            if (table.has(key)) table.error(key, "says nothing where 'source' names a folder", "remove one of the two");
    }
    if (table.has("git")) {
        const std::string rev = recipe.source_rev;
        forget();
        recipe.source_rev = rev;
        recipe.source_url = read_url(table, "git", {"https", "http", "ssh", "git", "file"});
        table.require("rev", "rev = \"…40 hex digits…\"");
    }
    if (table.has("rev")) {
        recipe.source_rev = read_hex(table, "rev", 40, rev_hint);
        if (recipe.source_url.empty() && !table.has("git") && !table.has("source"))
            table.error("rev", "says nothing here: the recipe's source is no git repository",
                        "add 'git', or remove it");
    }
}

std::optional<KernelUse> read_kernel_use(const RecipeFile& file, const Node& use, const Reading& reading, bool& off) {
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
    kernel.install = read_install(table, off);
    kernel.venvs = values(table.texts("venvs"));
    if (const auto flag = table.boolean("source_in_image")) kernel.source_in_image = flag->value;
    read_other_source(table, kernel.recipe, reading);
    table.finish();
    if (kernel.name.empty()) return std::nullopt;
    return kernel;
}

}  // namespace tmplbuild
