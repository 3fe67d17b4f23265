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

Texts of_digests(const std::vector<Digest>& digests) {
    Texts out;
    for (const Digest& digest : digests) out.push_back(digest.to_string());
    return out;
}

void add_packages(CanonicalKey& key, const std::vector<LockedPackage>& packages, const std::string& prefix) {
    for (const LockedPackage& p : packages)
        key.add(prefix + p.name + ":" + p.architecture, Texts{p.version, p.sha256.hex()});
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

CanonicalKey runtime_key(const RuntimeSpec& spec, const BaseContract& contract, Compression compression) {
    CanonicalKey key = start("runtime", compression);
    key.add("launcher", spec.content);
    add_folders(key, contract);
    return key;
}

CanonicalKey pod_key(const PodSpecStep& spec, const BaseContract& contract, Compression compression) {
    CanonicalKey key = start("pod", compression);
    key.add("pod.json", pod::write_pod_spec(spec.pod));
    add_folders(key, contract);
    return key;
}

}  // namespace tmplbuild
