// SPDX-License-Identifier: Apache-2.0
#include "engine/kernel/kernel_requirements.hpp"

#include "engine/python/throwaway_venv.hpp"
#include "pack/kept_tree.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

Result<fs::path> kernel_requirements_tree(const std::vector<LockedDistribution>& wheels, const std::string& inside,
                                          StepContext& context) {
    const PythonFacts& python = *context.contract.python;
    CanonicalKey key;
    key.add("form", std::int64_t{throwaway_venv_form});
    key.add("place", std::string_view(inside));
    key.add("python", std::vector<std::string>{python.command, python.version, python.soabi});
    for (const LockedDistribution& wheel : wheels) key.add(wheel.file, wheel.sha256);
    const std::string name = "kernel-requirements-" + key.digest().hex();
    if (auto kept = find_kept_tree(context.store, name)) return *kept;
    context.say("unpacking what the compile asks for");
    auto place = VenvPlace::make(inside, python);
    if (!place) return place.error();
    auto work = context.store.new_temp_directory("kernel-requirements");
    if (!work) return work.error();
    const fs::path tree = work->path() / "tree";
    if (auto made = sys::make_directories(tree); !made) return made.error();
    if (auto laid = lay_throwaway_venv(wheels, *place, python, tree, context.store); !laid) return laid.error();
    return keep_tree(context.store, tree, name);
}

}  // namespace tmplbuild
