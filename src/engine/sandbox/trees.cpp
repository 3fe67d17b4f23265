// SPDX-License-Identifier: Apache-2.0
#include "engine/sandbox/trees.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "pack/unpack_layer.hpp"
#include "sys/fd.hpp"

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

Result<fs::path> LayerTrees::tree_of(const BuiltLayer& layer) {
    Slot* slot = nullptr;
    {
        const std::lock_guard lock(mutex_);
        auto& entry = slots_[layer.diff_id];
        if (!entry) entry = std::make_unique<Slot>();
        slot = entry.get();
    }
    const std::lock_guard lock(slot->mutex);
    if (slot->path.empty())
        if (auto filled = unpack_into(*slot, layer); !filled) return filled.error();
    return slot->path;
}

Result<void> LayerTrees::unpack_into(Slot& slot, const BuiltLayer& layer) {
    const fs::path kept = store_.root() / "trees" / layer.diff_id.hex();
    std::error_code failed;
    if (fs::is_directory(kept, failed)) {
        slot.path = kept;
        return {};
    }
    auto folder = store_.new_temp_directory("tree");
    if (!folder) return folder.error();
    const fs::path tree = folder->path() / "tree";
    if (auto made = sys::make_directories(tree); !made) return made;
    if (auto unpacked = unpack_layer(store_, layer, tree); !unpacked) return unpacked;
    if (layer.tar_size > kept_limit) {
        slot.own = std::move(*folder);
        slot.path = tree;
        return {};
    }
    if (auto made = sys::make_directories(kept.parent_path()); !made) return made;
    // A kept tree is trusted by name. One call for tens of thousands of files, so that none is empty after a power cut.
    if (const auto fd = sys::open_fd(tree, O_RDONLY | O_DIRECTORY); !fd || ::syncfs(fd->get()) != 0)
        return fd ? os_error("write to the disk", tree, errno) : fd.error();
    fs::rename(tree, kept, failed);
    // Another build may have been faster: its tree is as good.
    if (failed && !fs::is_directory(kept)) return os_error("keep the unpacked layer", kept, failed.value());
    slot.path = kept;
    return {};
}

}  // namespace tmplbuild
