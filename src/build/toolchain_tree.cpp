// SPDX-License-Identifier: Apache-2.0
#include "build/toolchain_tree.hpp"

#include "io/archive.hpp"
#include "pack/unpack_layer.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

// The wheels share one folder, nvidia/cu13 in those of CUDA 13: the one that has nvcc in it.
static Result<fs::path> find_toolkit(const fs::path& tree) {
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(tree / "nvidia", failed))
        if (fs::is_regular_file(entry.path() / "bin/nvcc", failed)) return entry.path();
    return build_error("NVIDIA's compiler wheels hold no bin/nvcc",
                       "renew them with `tmplbuild lock --update toolchain TEMPLATE`");
}

static Result<void> fill(const LockedToolchain& toolchain, const fs::path& tree, StepContext& context) {
    if (auto made = io::make_directories(tree); !made) return made;
    for (const LockedDistribution& wheel : toolchain.wheels) {
        auto reader = io::ArchiveReader::open(context.store.blob_path(wheel.sha256), wheel.file);
        if (!reader) return reader.error();
        if (auto unpacked = unpack_archive(*reader, tree); !unpacked) return unpacked;
    }
    auto toolkit = find_toolkit(tree);
    if (!toolkit) return toolkit.error();
    // Build scripts look for both names.
    std::error_code failed;
    if (!fs::exists(*toolkit / "lib64", failed)) fs::create_directory_symlink("lib", *toolkit / "lib64", failed);
    if (failed) return os_error("link", *toolkit / "lib64", failed.value());
    return {};
}

Result<fs::path> toolchain_tree(const LockedToolchain& toolchain, StepContext& context) {
    CanonicalKey key;
    for (const LockedDistribution& wheel : toolchain.wheels) key.add(wheel.file, wheel.sha256);
    const fs::path kept = context.store.root() / "trees" / ("toolchain-" + key.digest().hex());
    std::error_code failed;
    if (!fs::is_directory(kept, failed)) {
        context.say("unpacking the toolchain");
        auto work = context.store.new_temp_directory("toolchain");
        if (!work) return work.error();
        if (auto filled = fill(toolchain, work->path() / "tree", context); !filled) return filled.error();
        if (auto made = io::make_directories(kept.parent_path()); !made) return made.error();
        fs::rename(work->path() / "tree", kept, failed);
        if (failed && !fs::is_directory(kept)) return os_error("keep the toolchain", kept, failed.value());
    }
    return find_toolkit(kept);
}

}  // namespace tmplbuild
