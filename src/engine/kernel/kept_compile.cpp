// SPDX-License-Identifier: Apache-2.0
#include "engine/kernel/kept_compile.hpp"

#include "pack/kept_tree.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

KeptCompile::KeptCompile(const StepContext& context) : name_("compiled-" + context.key.hex()), store_(context.store) {}

std::optional<std::string> KeptCompile::take(const fs::path& output) const {
    const auto place = find_kept_tree(store_, name_);
    if (!place) return std::nullopt;
    auto log = sys::read_file(*place / "log");
    if (!log) return std::nullopt;
    std::error_code failed;
    fs::remove_all(output, failed);
    fs::rename(*place / "output", output, failed);
    if (failed) return std::nullopt;
    fs::remove_all(*place, failed);
    return std::move(*log);
}

void KeptCompile::keep(const fs::path& output, const std::string& log) const {
    auto work = store_.new_temp_directory("compiled");
    if (!work) return;
    const fs::path tree = work->path() / "tree";
    std::error_code failed;
    if (auto made = sys::make_directories(tree); !made) return;
    fs::rename(output, tree / "output", failed);
    if (failed) return;
    if (auto written = sys::write_file_atomic(tree / "log", log); !written) return;
    (void)keep_tree(store_, tree, name_);
}

}  // namespace tmplbuild
