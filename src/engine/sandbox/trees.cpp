// SPDX-License-Identifier: Apache-2.0
#include "engine/sandbox/trees.hpp"

#include <algorithm>
#include <set>

#include "pack/kept_tree.hpp"
#include "pack/unpack_layer.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

std::vector<BuiltLayer> without_repeats(const std::vector<BuiltLayer>& below) {
    std::vector<BuiltLayer> out;
    std::set<Digest> seen;
    for (auto layer = below.rbegin(); layer != below.rend(); ++layer)
        if (seen.insert(layer->diff_id).second) out.push_back(*layer);
    std::reverse(out.begin(), out.end());
    return out;
}

Result<std::vector<fs::path>> LayerTrees::trees_of(const std::vector<BuiltLayer>& layers) {
    std::vector<fs::path> out;
    std::string below;  // the layers below, by their digests
    for (const BuiltLayer& layer : layers) {
        Slot* slot = nullptr;
        {
            const std::lock_guard lock(mutex_);
            auto& entry = slots_[layer.diff_id];
            if (!entry) entry = std::make_unique<Slot>();
            slot = entry.get();
        }
        const std::lock_guard lock(slot->mutex);
        auto tree = tree_in(*slot, layer, Sha256::of(below), out);
        if (!tree) return tree.error();
        out.push_back(std::move(*tree));
        below += layer.diff_id.hex();
    }
    return out;
}

static std::string name_over(const BuiltLayer& layer, const Digest& below) {
    return layer.diff_id.hex() + "-" + below.hex();
}

Result<fs::path> LayerTrees::tree_in(Slot& slot, const BuiltLayer& layer, const Digest& below,
                                     const std::vector<fs::path>& trees_below) {
    if (!slot.alone.empty()) return slot.alone;
    if (const auto known = slot.over.find(below); known != slot.over.end()) return known->second;
    if (auto kept = find_kept_tree(store_, layer.diff_id.hex())) return slot.alone = *kept;
    if (auto kept = find_kept_tree(store_, name_over(layer, below))) return slot.over[below] = *kept;
    return unpack(slot, layer, below, trees_below);
}

Result<fs::path> LayerTrees::unpack(Slot& slot, const BuiltLayer& layer, const Digest& below,
                                    const std::vector<fs::path>& trees_below) {
    auto folder = store_.new_temp_directory("tree");
    if (!folder) return folder.error();
    const fs::path tree = folder->path() / "tree";
    if (auto made = sys::make_directories(tree); !made) return made.error();
    const auto unpacked = unpack_layer(store_, layer, tree, trees_below);
    if (!unpacked) return unpacked.error();
    fs::path place = tree;
    if (layer.tar_size > kept_limit) {
        slot.own.push_back(std::move(*folder));
    } else {
        auto kept = keep_tree(store_, tree, unpacked->leans_on_below ? name_over(layer, below) : layer.diff_id.hex());
        if (!kept) return kept.error();
        place = std::move(*kept);
    }
    return (unpacked->leans_on_below ? slot.over[below] : slot.alone) = std::move(place);
}

}  // namespace tmplbuild
