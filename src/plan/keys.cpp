// SPDX-License-Identifier: Apache-2.0
#include "plan/keys.hpp"

#include <algorithm>

#include "compile/recipe.hpp"
#include "compile/step_environment.hpp"
#include "gateway/nginx_config.hpp"
#include "pack/layer_writer.hpp"
#include "pack/scrub.hpp"
#include "plan/kernel_specs.hpp"

namespace tmplbuild {

namespace {

using Texts = std::vector<std::string>;

CanonicalKey start(const char* kind, Compression compression) {
    CanonicalKey key;
    key.add("step", kind);
    key.add("packer", packer_format(compression));
    return key;
}

// A known layer carries its parent folders, so the base's links and special modes on the way are part of its bytes.
void add_folders(CanonicalKey& key, const FolderFacts& facts) {
    BaseContract folders;
    folders.folders = facts;
    key.add("base/folders", Sha256::of(json::canonical(folders.to_json())));
}

// The base's folders on the way to `path`: a layer below it depends on no others.
FolderFacts on_the_way(const FolderFacts& facts, const std::string& path) {
    FolderFacts out;
    auto leads = [&](const std::string& folder) { return path == folder || path.starts_with(folder + "/"); };
    for (const auto& [folder, target] : facts.symlinks)
        if (leads(folder)) out.symlinks[folder] = target;
    for (const auto& [folder, special] : facts.folders)
        if (leads(folder)) out.folders[folder] = special;
    return out;
}

Texts of_digests(const std::vector<Digest>& digests) {
    Texts out;
    for (const Digest& digest : digests) out.push_back(digest.to_string());
    return out;
}

void add_packages(CanonicalKey& key, const std::vector<LockedPackage>& packages, const std::string& prefix) {
    for (const LockedPackage& p : packages)
        key.add(prefix + p.name + ":" + p.architecture, Texts{p.version, p.sha256.hex()});
}

void add_distributions(CanonicalKey& key, const std::vector<LockedDistribution>& list, const std::string& prefix) {
    for (const LockedDistribution& d : list) {
        Texts texts = {d.version, d.sha256.hex(), std::to_string(d.group)};
        for (std::string& word : d.build_words()) texts.push_back(std::move(word));
        key.add(prefix + d.name, texts);
    }
}

void add_environment(CanonicalKey& key, const StringMap& environment) {
    for (const auto& [name, value] : environment) key.add("environment/" + name, std::string_view(value));
}

void add_below(CanonicalKey& key, const KeysBelow& below) {
    for (const auto& [id, digest] : below) key.add("below/" + id, digest);
}

// Raised when nvcc-front passes on other flags than before for the same call.
constexpr std::int64_t nvcc_front_version = 1;

// Raised when a command's leavings are turned into a layer in another way, apart from the rules of pack/scrub.hpp.
constexpr std::int64_t run_leavings_version = 2;

// Raised when the same wheels are laid down as other files than before.
constexpr std::int64_t python_form = 2;

// Raised when apt installs the same packages in another way (engine/steps/apt.cpp).
constexpr std::int64_t apt_version = 1;

}  // namespace

// Raised when a base is made or measured in another way.
constexpr std::int64_t base_version = 2;

void add_step_environment(CanonicalKey& key) {
    for (const auto& [name, value] : compile::step_environment())
        key.add("step environment/" + name, std::string_view(value));
}

static void add_base(CanonicalKey& key, const DebianBase& base, const LockedBase& locked) {
    key.add("suite", base.suite);
    key.add("sources", base.sources);
    key.add("scrub", scrub_rules());
    add_packages(key, locked.packages, "package/");
}
// By what the lock pins: a tag may come to mean another image.
static void add_base(CanonicalKey& key, const ImageBase&, const LockedBase& locked) { key.add("image", locked.image); }
static void add_base(CanonicalKey& key, const LayoutBase&, const LockedBase& locked) {
    key.add("image", locked.request);
}

CanonicalKey base_key(const BaseSpec& spec, Compression compression) {
    CanonicalKey key = start("base", compression);
    key.add("version", base_version);
    if (!spec.interpreters.empty()) key.add("interpreters", spec.interpreters);
    key.add("kind", spec.locked.kind);
    std::visit([&](const auto& base) { add_base(key, base, spec.locked); }, spec.base);
    return key;
}

CanonicalKey files_key(const FilesSpec& spec, const BaseContract& contract, Compression compression) {
    CanonicalKey key = start("files", compression);
    std::size_t number = 0;
    for (const FileItem& item : spec.layer.items) {
        // The number tells two items for one destination apart; the content digest covers what they hold.
        const std::string mode = item.mode ? std::to_string(*item.mode) : "as the source";
        key.add("item/" + std::to_string(number++),
                Texts{item.dest, mode, std::to_string(item.uid), std::to_string(item.gid)});
    }
    key.add("content", spec.content);
    add_folders(key, contract.folders);
    return key;
}

CanonicalKey fetch_key(const FetchSpec& spec, const BaseContract& contract, Compression compression) {
    CanonicalKey key = start("fetch", compression);
    key.add("sha256", spec.layer.sha256);
    key.add("dest", spec.layer.dest);
    key.add("mode", std::int64_t{spec.layer.mode});
    key.add("unpack", spec.layer.unpack);
    key.add("strip", std::int64_t{spec.layer.strip});
    add_folders(key, contract.folders);
    return key;
}

CanonicalKey git_key(const GitSpec& spec, const BaseContract& contract, Compression compression) {
    CanonicalKey key = start("git", compression);
    key.add("tree", spec.locked.tree);
    // The tree names the submodules' commits; which of their repositories answers does not matter.
    key.add("submodules", spec.layer.submodules);
    key.add("lfs_pointers", spec.layer.lfs_pointers);
    // Raised when the same commit is written out as other files than before.
    key.add("checkout", std::int64_t{2});
    key.add("time", spec.locked.commit_time);
    key.add("dest", spec.layer.dest);
    key.add("bytecode", contract.python ? contract.python->magic : "");
    add_folders(key, contract.folders);
    return key;
}

CanonicalKey apt_key(const AptSpec& spec, const KeysBelow& below, Compression compression) {
    CanonicalKey key = start("apt", compression);
    key.add("version", apt_version);
    key.add("scrub", scrub_rules());
    add_step_environment(key);
    add_packages(key, spec.locked.packages, "package/");
    add_below(key, below);
    return key;
}

// The one that makes a venv's bytecode and runs its scripts.
static void add_interpreter(CanonicalKey& key, const BaseContract& contract) {
    if (!contract.python) return;
    const PythonFacts& python = *contract.python;
    key.add("interpreter", Texts{python.command, python.version, python.soabi, python.cache_tag, python.magic});
}

CanonicalKey python_key(const PythonSpec& spec, const BaseContract& contract, const KeysBelow& below,
                        Compression compression) {
    CanonicalKey key = start("python", compression);
    key.add("form", python_form);
    key.add("venv", spec.locked.venv);
    add_interpreter(key, contract);
    add_distributions(key, spec.locked.distributions, "distribution/");
    add_distributions(key, spec.locked.builders, "builder/");
    key.add("allow_shared", spec.allow_shared);
    key.add("allow_bad_record", spec.allow_bad_record);
    key.add("kernels", spec.kernels);
    add_folders(key, contract.folders);
    add_below(key, below);
    return key;
}

CanonicalKey venv_layer_key(const std::string& venv, const std::vector<LaidWheel>& wheels, const BaseContract& contract,
                            Compression compression) {
    CanonicalKey key = start("python layer", compression);
    key.add("form", python_form);
    key.add("venv", venv);
    add_interpreter(key, contract);
    for (const LaidWheel& one : wheels) {
        Texts texts = {one.wheel.hex(), one.takes_bad_record ? "any RECORD" : "its RECORD"};
        texts.insert(texts.end(), one.left_out.begin(), one.left_out.end());
        key.add("distribution/" + one.name, texts);
    }
    add_folders(key, contract.folders);
    return key;
}

CanonicalKey run_key(const RunSpec& spec, const KeysBelow& below, Compression compression) {
    CanonicalKey key = start("run", compression);
    key.add("command", spec.layer.command);
    key.add("script", spec.layer.script);
    key.add("directory", spec.layer.directory);
    add_step_environment(key);
    add_environment(key, spec.layer.environment);
    key.add("leavings", run_leavings_version);
    key.add("scrub", scrub_rules());
    key.add("network", spec.layer.network);
    key.add("secrets", spec.layer.secrets);  // the names alone; the values are never kept
    add_below(key, below);
    return key;
}

CanonicalKey kernel_key(const KernelSpec& spec, const KernelInputs& inputs, Compression compression) {
    CanonicalKey key = start("kernel", compression);
    key.add("kernel", spec.kernel);
    key.add("source", spec.source);
    key.add("patches", of_digests(spec.patches));
    key.add("time", spec.source_time);
    key.add("arch", spec.arch.to_string());
    key.add("nvcc_front", nvcc_front_version);
    key.add("recipe", std::int64_t{compile::recipe_version});
    key.add("command", spec.recipe.command);
    add_environment(key, compile_environment(spec.recipe, spec.arch));
    key.add("strip", compile::strip_command());
    Texts modules;
    for (const KernelModule& module : spec.recipe.modules) modules.push_back(module.file);
    key.add("modules", modules);
    key.add("package", Texts{spec.recipe.python_package, spec.recipe.python_version});
    add_distributions(key, spec.toolchain.wheels, "toolkit/");
    add_distributions(key, spec.requirements, "requirement/");
    key.add("driver_stub", spec.recipe.driver_stub);
    // The list that a package comes from (the base's, a layer's, the throwaway step's) does not matter.
    add_packages(key, inputs.packages, "package/");
    // The packages of a foreign image are not known by name, so all of its layers count.
    if (inputs.base.kind != "debian") key.add("base/layers", of_digests(inputs.base.diff_ids));
    add_below(key, inputs.others);
    key.add("glibc", inputs.base.contract.glibc);
    if (inputs.base.contract.python && (inputs.torch != nullptr || !spec.requirements.empty()))
        key.add("python_abi", Texts{inputs.base.contract.python->soabi, spec.torch_venv});
    if (inputs.torch != nullptr) {
        // A wheel's hash covers torch's git_version too. The layer of the venv that holds it does not matter.
        for (const LockedDistribution& d : inputs.seen) key.add("venv/" + d.name, Texts{d.version, d.sha256.hex()});
        const bool sdist =
            std::any_of(inputs.seen.begin(), inputs.seen.end(), [](const auto& d) { return d.is_sdist(); });
        if (sdist) add_distributions(key, inputs.torch->builders, "builder/");
    }
    add_folders(key, on_the_way(inputs.base.contract.folders, "opt/tmplbuild/kernels"));
    return key;
}

CanonicalKey kernel_files_key(const KernelFilesSpec& spec, const BaseContract& contract, Compression compression) {
    CanonicalKey key = start("kernel-files", compression);
    key.add("kernel", spec.kernel);
    if (spec.may_compile) key.add("nvcc_front", nvcc_front_version);
    if (spec.with_source) {
        key.add("source", spec.source);
        key.add("time", spec.source_time);
    }
    if (spec.may_compile) key.add("patches", of_digests(spec.patches));
    if (spec.selftest) key.add("selftest", *spec.selftest);
    add_distributions(key, spec.fallback, "fallback/");
    if (!spec.fallback.empty() && contract.python) key.add("bytecode", contract.python->magic);
    add_folders(key, on_the_way(contract.folders, "opt/tmplbuild/kernels"));
    return key;
}

CanonicalKey runtime_key(const RuntimeSpec& spec, const BaseContract& contract, Compression compression) {
    CanonicalKey key = start("runtime", compression);
    for (const RuntimeProgram& program : spec.programs) key.add("program/" + program.path, program.content);
    add_folders(key, contract.folders);
    return key;
}

CanonicalKey pod_key(const PodSpecStep& spec, const KeysBelow& kernels, const BaseContract& contract,
                     Compression compression) {
    CanonicalKey key = start("pod", compression);
    key.add("pod.json", pod::write_pod_spec(spec.pod));
    key.add("constraints", std::string_view(spec.constraints));
    if (spec.pod.console_port != 0)
        key.add("gateway", Sha256::of(gateway::nginx_config(spec.pod, gateway::Addresses::ipv4_and_ipv6)));
    if (contract.python)
        key.add("python", Texts{contract.python->command, contract.python->version, contract.python->soabi});
    key.add("venvs", spec.venvs);
    for (const auto& [asked, python] : contract.interpreters)
        key.add("interpreter/" + asked, Texts{python.command, python.version, python.soabi});
    add_below(key, kernels);
    for (const VariantRef& variant : spec.variants) {
        Texts serves;
        for (const kernel::GpuTarget& target : variant.serves)
            serves.push_back(target.label + " " + (target.capability ? target.capability->to_string() : ""));
        key.add("serves/" + variant.step, serves);
    }
    add_folders(key, contract.folders);
    return key;
}

std::string fallback_directory(const std::string& kernel, const std::vector<LockedDistribution>& wheels) {
    CanonicalKey key;
    for (const LockedDistribution& wheel : wheels) key.add(wheel.file, wheel.sha256);
    return kernel_file(kernel, "fallback-" + key.digest().hex().substr(0, 16));
}

std::string kernel_file(const std::string& kernel, const std::string& name) {
    return "/opt/tmplbuild/kernels/" + kernel + "/" + name;
}

std::string patch_name(std::size_t index, const std::filesystem::path& patch) {
    return "patches/" + std::to_string(index + 1) + "-" + patch.filename().string();
}

std::string variant_directory(const std::string& kernel, const Digest& key) {
    return "/opt/tmplbuild/kernels/" + kernel + "/" + key.hex().substr(0, 32);
}

}  // namespace tmplbuild
