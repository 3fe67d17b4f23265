// SPDX-License-Identifier: Apache-2.0
// Layers unpacked as overlay lower directories. Small ones (bases, compilers) are kept in the store, since every build
// that runs a command needs them; large ones live as long as this value. Used by the sandbox alone. A kept tree appears
// by rename and is never written to again.
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

    // Thread-safe; different layers unpack side by side. The path lives as long as this value.
    Result<std::filesystem::path> tree_of(const BuiltLayer& layer);

  private:
    struct Slot {
        std::mutex mutex;
        std::filesystem::path path;
        std::optional<sys::TempDirectory> own;
    };
    Result<void> unpack_into(Slot& slot, const BuiltLayer& layer);

    const Store& store_;
    std::mutex mutex_;
    std::map<Digest, std::unique_ptr<Slot>> slots_;
};

}  // namespace tmplbuild
