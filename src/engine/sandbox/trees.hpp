// SPDX-License-Identifier: Apache-2.0
// Layers unpacked as overlay lower directories. Small ones (bases, compilers) are kept in the store, since every build
// that runs a command needs them; large ones live as long as this value. Used by the sandbox alone. A kept tree appears
// by rename and is never written to again; whether it is still what was kept is looked at once in the life of this
// value.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "store/store.hpp"

namespace tmplbuild {

// An image may hold one layer many times (an empty one of each idle step), an overlay takes no folder twice. The
// topmost place counts: whatever a layer below it could show or hide, the same layer above shows or hides again.
std::vector<BuiltLayer> without_repeats(const std::vector<BuiltLayer>& below);

class LayerTrees {
  public:
    explicit LayerTrees(const Store& store) : store_(store) {}

    // Uncompressed bytes up to which a tree is kept between builds (docs/decisions/0005-kept-trees.md).
    static constexpr std::uint64_t kept_limit = 1'500'000'000;

    // The trees of layers, bottom first. Thread-safe; different layers unpack side by side. The paths live as long as
    // this value.
    Result<std::vector<std::filesystem::path>> trees_of(const std::vector<BuiltLayer>& layers);

  private:
    // One layer. Nearly every one is the same directory over whatever other layers; one that leans on those below it is
    // another directory over others.
    struct Slot {
        std::mutex mutex;
        std::filesystem::path alone;
        std::map<Digest, std::filesystem::path> over;  // by the digest of all the layers below
        std::vector<sys::TempDirectory> own;
    };
    Result<std::filesystem::path> tree_in(Slot& slot, const BuiltLayer& layer, const Digest& below,
                                          const std::vector<std::filesystem::path>& trees_below);
    Result<std::filesystem::path> unpack(Slot& slot, const BuiltLayer& layer, const Digest& below,
                                         const std::vector<std::filesystem::path>& trees_below);

    const Store& store_;
    std::mutex mutex_;
    std::map<Digest, std::unique_ptr<Slot>> slots_;
};

}  // namespace tmplbuild
