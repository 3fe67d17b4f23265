// SPDX-License-Identifier: Apache-2.0
#include "plan/keys.hpp"

#include "pack/layer_writer.hpp"

namespace tmplbuild {

namespace {

using Texts = std::vector<std::string>;

CanonicalKey start(const char* kind, Compression compression) {
    CanonicalKey key;
    key.add("step", kind);
    key.add("packer", packer_format(compression));
    return key;
}

// A known layer carries its parent folders, so where the base has links and special modes is part of its bytes.
void add_folders(CanonicalKey& key, const BaseContract& contract) {
    BaseContract folders;
    folders.folders = contract.folders;
    key.add("base/folders", Sha256::of(json::canonical(folders.to_json())));
}

Texts of_map(const StringMap& map) {
    Texts out;
    for (const auto& [name, value] : map) {
        out.push_back(name);
        out.push_back(value);
    }
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

void add_distributions(CanonicalKey& key, const std::vector<LockedDistribution>& list, const std::string& prefix,
                       bool with_group) {
    for (const LockedDistribution& d : list) {
        Texts facts{d.version, d.file, d.sha256.hex()};
        if (with_group) facts.push_back(std::to_string(d.group));
        key.add(prefix + d.name, facts);
    }
}

void add_python(CanonicalKey& key, const BaseContract& contract) {
    key.add("base/architecture", contract.architecture);
    key.add("base/glibc", contract.glibc);
    if (!contract.python) return;
    key.add("base/python", Texts{contract.python->command, contract.python->real_path, contract.python->version,
                                 contract.python->soabi, contract.python->cache_tag, contract.python->magic});
}

}  // namespace

CanonicalKey base_key(const BaseSpec& spec, Compression compression) {
    CanonicalKey key = start("base", compression);
    key.add("kind", spec.locked.kind);
    if (const auto* debian = std::get_if<DebianBase>(&spec.base)) {
        key.add("suite", debian->suite);
        key.add("sources", debian->sources);
        add_packages(key, spec.locked.packages, "package/");
    } else {
        key.add("layers", of_digests(spec.locked.diff_ids));
    }
    return key;
}

CanonicalKey files_key(const FilesSpec& spec, const BaseContract& contract, Compression compression) {
    CanonicalKey key = start("files", compression);
    std::size_t number = 0;
    for (const FileItem& item : spec.layer.items) {
        // Numbers keep two items for one destination apart; the content digest covers what they hold.
        const std::string mode = item.mode ? std::to_string(*item.mode) : "as the source";
        key.add("item/" + std::to_string(number++),
                Texts{item.dest, mode, std::to_string(item.uid), std::to_string(item.gid)});
    }
    key.add("content", spec.content);
    add_folders(key, contract);
    return key;
}

CanonicalKey fetch_key(const FetchSpec& spec, const BaseContract& contract, Compression compression) {
    CanonicalKey key = start("fetch", compression);
    key.add("sha256", spec.layer.sha256).add("dest", spec.layer.dest);
    key.add("mode", std::int64_t{spec.layer.mode}).add("unpack", spec.layer.unpack);
    key.add("strip", std::int64_t{spec.layer.strip});
    add_folders(key, contract);
    return key;
}

CanonicalKey git_key(const GitSpec& spec, const BaseContract& contract, Compression compression) {
    CanonicalKey key = start("git", compression);
    key.add("tree", spec.locked.tree).add("time", spec.locked.commit_time).add("dest", spec.layer.dest);
    key.add("submodules", spec.layer.submodules);
    // A tree names its submodules' commits but not where they come from; their addresses are in the tree too.
    add_folders(key, contract);
    return key;
}

CanonicalKey python_key(const PythonSpec& spec, const BaseContract& contract, Compression compression) {
    CanonicalKey key = start("python", compression);
    key.add("venv", spec.venv).add("allow_shared", spec.allow_shared);
    add_python(key, contract);
    add_folders(key, contract);
    add_distributions(key, spec.distributions, "distribution/", true);
    return key;
}

CanonicalKey runtime_key(const RuntimeSpec& spec, const BaseContract& contract, Compression compression) {
    CanonicalKey key = start("runtime", compression);
    key.add("launcher", spec.content);
    add_folders(key, contract);
    return key;
}

CanonicalKey pod_key(const PodSpecStep& spec, const BaseContract& contract, Compression compression,
                     const std::vector<Digest>& kernels) {
    CanonicalKey key = start("pod", compression);
    key.add("pod.json", pod::write_pod_spec(spec.pod)).add("venvs", spec.venvs);
    key.add("kernels", of_digests(kernels));
    if (contract.python) key.add("base/python", contract.python->major_minor());
    add_folders(key, contract);
    return key;
}

CanonicalKey apt_key(const AptSpec& spec, Compression compression, const std::vector<Digest>& below) {
    CanonicalKey key = start("apt", compression);
    add_packages(key, spec.locked.packages, "package/");
    key.add("below", of_digests(below));
    return key;
}

CanonicalKey run_key(const RunSpec& spec, Compression compression, const std::vector<Digest>& below) {
    CanonicalKey key = start("run", compression);
    key.add("command", spec.layer.command).add("script", spec.layer.script);
    key.add("directory", spec.layer.directory).add("environment", of_map(spec.layer.environment));
    key.add("network", spec.layer.network).add("secrets", spec.layer.secrets);  // names: a secret's value is no input
    key.add("below", of_digests(below));
    return key;
}

CanonicalKey kernel_key(const KernelSpec& spec, const BaseContract& contract, Compression compression,
                        const KernelSurroundings& around) {
    CanonicalKey key = start("kernel", compression);
    key.add("kernel", spec.kernel).add("version", spec.recipe.version).add("source", spec.source);
    key.add("arch", spec.arch.to_string());
    key.add("command", spec.recipe.command).add("environment", of_map(spec.recipe.environment));
    add_python(key, contract);
    add_distributions(key, around.torch, "torch/", false);
    add_distributions(key, spec.toolchain.wheels, "toolchain/", false);
    add_packages(key, around.tools, "tools/");
    add_folders(key, contract);
    return key;
}

}  // namespace tmplbuild
