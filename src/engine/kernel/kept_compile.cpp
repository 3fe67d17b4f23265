// SPDX-License-Identifier: Apache-2.0
#include "engine/kernel/kept_compile.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

KeptCompile::KeptCompile(const StepContext& context)
    : place_(context.store.root() / "trees" / ("compiled-" + context.key.hex())), store_(context.store) {}

std::optional<std::string> KeptCompile::take(const fs::path& output) const {
    auto log = sys::read_file(place_ / "log");
    if (!log) return std::nullopt;
    std::error_code failed;
    fs::remove_all(output, failed);
    fs::rename(place_ / "output", output, failed);
    if (failed) return std::nullopt;
    fs::remove_all(place_, failed);
    return std::move(*log);
}

void KeptCompile::keep(const fs::path& output, const std::string& log) const {
    auto work = store_.new_temp_directory("compiled");
    if (!work) return;
    std::error_code failed;
    fs::rename(output, work->path() / "output", failed);
    if (failed) return;
    if (auto written = sys::write_file_atomic(work->path() / "log", log); !written) return;
    if (auto made = sys::make_directories(place_.parent_path()); !made) return;
    fs::remove_all(place_, failed);
    fs::rename(work->path(), place_, failed);
    if (!failed) work->release();
}

}  // namespace tmplbuild
