// SPDX-License-Identifier: Apache-2.0
// Layers unpacked as overlay lower directories. Small ones (bases, compilers) are kept in the store, since every build
// that runs a command needs them; large ones live as long as this value. Used by the sandbox. A kept tree appears by
// rename and is never written to again; this value checks once whether it is still as it was kept.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "store/store.hpp"

namespace tmplbuild {

// An image may hold one layer many times (an empty one of each idle step), but an overlay accepts no folder twice. The
// topmost place counts: whatever a lower repetition could show or hide, the same layer above shows or hides again.
std::vector<BuiltLayer> without_repeats(const std::vector<BuiltLayer>& below);

class LayerTrees {
  public:
    explicit LayerTrees(const Store& store) : store_(store) {}

    // Uncompressed bytes up to which a tree is kept between builds (docs/decisions/0005-kept-trees.md).
    static constexpr std::uint64_t kept_limit = 1'500'000'000;

    // The trees of layers, bottom first. Thread-safe; different layers are unpacked at the same time. The paths are
    // valid as long as this value lives.
    Result<std::vector<std::filesystem::path>> trees_of(const std::vector<BuiltLayer>& layers);

  private:
    // The trees of one layer. Nearly every layer gives the same directory over any other layers; one that depends on
    // those below it gives another directory over others.
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
