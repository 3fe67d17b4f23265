// SPDX-License-Identifier: Apache-2.0
#include "engine/python/throwaway_venv.hpp"

#include "engine/python/ownership.hpp"
#include "engine/python/unpack.hpp"
#include "engine/python/wheel.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

Result<void> lay_throwaway_venv(const std::vector<LockedDistribution>& wheels, const VenvPlace& place,
                                const PythonFacts& python, const std::filesystem::path& root, const Store& store) {
    std::vector<Wheel> read;
    for (const LockedDistribution& one : wheels) {
        auto wheel = read_wheel(store.blob_path(one.sha256), one, place);
        // The lock pins each wheel as a whole, and nobody updates such a venv, so a RECORD that lacks files does not
        // matter.
        if (!wheel) wheel = read_wheel(store.blob_path(one.sha256), one, place, BadRecord::replaced);
        if (!wheel) return wheel.error();
        read.push_back(std::move(*wheel));
    }
    const auto skeleton = venv_skeleton(place, python, {});
    if (auto settled = settle_ownership(read, skeleton, {}); !settled) return settled.error();
    if (auto made = unpack_skeleton(skeleton, root); !made) return made;
    for (const Wheel& wheel : read) {
        if (auto unpacked = unpack_wheel(wheel, root, [](const auto&) { return true; }); !unpacked) return unpacked;
        // Some programs find their own files through RECORD: cmake's wheel does, and scikit-build-core with it.
        const std::filesystem::path record = root / place.site_packages() / wheel.dist_info / "RECORD";
        if (auto written = sys::write_file_atomic(record, record_of(wheel, {}, place)); !written) return written;
    }
    return {};
}

}  // namespace tmplbuild
