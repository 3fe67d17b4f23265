// SPDX-License-Identifier: Apache-2.0
#include "engine/kernel/toolchain_tree.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <vector>

#include "io/archive.hpp"
#include "kernel/toolkit_links.hpp"
#include "pack/kept_tree.hpp"
#include "plan/requests.hpp"
#include "sys/fd.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

// The wheels share one folder (nvidia/cu13 for CUDA 13); it is the one that holds nvcc.
static Result<fs::path> find_toolkit(const fs::path& tree) {
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(tree / "nvidia", failed))
        if (fs::is_regular_file(entry.path() / "bin/nvcc", failed)) return entry.path();
    return build_error("NVIDIA's compiler wheels hold no bin/nvcc", "renew them with " + renewal_of(toolchain_part));
}

// The lock holds the wheels' hashes. The wheel's reader promises that names stay below `tree` and that no entry is a
// link.
static Result<void> unpack(const fs::path& wheel, const fs::path& tree) {
    auto reader = io::ArchiveReader::open(wheel);
    if (!reader) return reader.error();
    std::vector<std::byte> buffer(1 << 18);
    for (;;) {
        auto entry = reader->next();
        if (!entry) return entry.error();
        if (!*entry) return {};
        if ((*entry)->type == io::ArchiveEntry::Type::directory) continue;
        if ((*entry)->type != io::ArchiveEntry::Type::file)
            return build_error("'" + (*entry)->path + "' is not a plain file");
        const fs::path to = tree / (*entry)->path;
        if (auto made = sys::make_directories(to.parent_path()); !made) return made;
        const bool program = ((*entry)->mode & 0100) != 0;
        auto file = sys::open_fd(to, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0644);
        if (!file) return file.error();
        for (;;) {
            auto got = reader->read(buffer);
            if (!got) return got.error();
            if (*got == 0) break;
            if (auto written = sys::write_all(file->get(), std::span(buffer).first(*got), to); !written) return written;
        }
        if (::fchmod(file->get(), program ? 0755 : 0644) != 0) return os_error("set the mode of", to, errno);
    }
}

static Result<void> unpack_wheels(const LockedToolchain& toolchain, const fs::path& tree, StepContext& context) {
    if (auto made = sys::make_directories(tree); !made) return made;
    for (const LockedDistribution& wheel : toolchain.wheels) {
        if (auto unpacked = unpack(context.store.blob_path(wheel.sha256), tree); !unpacked) {
            Error error = unpacked.error();
            return error.while_doing("unpacking " + wheel.file);
        }
    }
    auto toolkit = find_toolkit(tree);
    if (!toolkit) return toolkit.error();
    // Some build scripts look for either name.
    std::error_code failed;
    if (!fs::exists(*toolkit / "lib64", failed)) fs::create_directory_symlink("lib", *toolkit / "lib64", failed);
    if (failed) return os_error("link", *toolkit / "lib64", failed.value());
    return link_libraries(*toolkit / "lib");
}

Result<fs::path> toolchain_tree(const LockedToolchain& toolchain, StepContext& context) {
    CanonicalKey key;
    key.add("layout", std::int64_t{2});  // raised when what is added to the wheels' files changes
    for (const LockedDistribution& wheel : toolchain.wheels) key.add(wheel.file, wheel.sha256);
    const std::string name = "toolchain-" + key.digest().hex();
    if (const auto kept = find_kept_tree(context.store, name)) return find_toolkit(*kept);
    context.say("unpacking the toolchain");
    auto work = context.store.new_temp_directory("toolchain");
    if (!work) return work.error();
    if (auto filled = unpack_wheels(toolchain, work->path() / "tree", context); !filled) return filled.error();
    auto kept = keep_tree(context.store, work->path() / "tree", name);
    return kept ? find_toolkit(*kept) : kept;
}

}  // namespace tmplbuild
