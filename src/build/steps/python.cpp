// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "build/bytecode.hpp"
#include "build/parallel.hpp"
#include "build/steps/steps.hpp"
#include "build/wheel/layers.hpp"
#include "build/wheel/ownership.hpp"
#include "build/wheel/unpack.hpp"
#include "build/wheel_from_sdist.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

// Where the sandbox shows the sources; not the venv's own path, which may lie in a folder that the base has.
static constexpr const char* bytecode_folder = "/mnt/tmplbuild-bytecode";

static Result<void> check_blob(const LockedDistribution& distribution, const Store& store) {
    const auto size = store.blob_size(distribution.sha256);
    if (size && (distribution.size == 0 || *size == distribution.size)) return {};
    return build_error("the store does not hold " + distribution.file + ", which the lock names",
                       "build again with the package index in reach");
}

static Result<std::vector<Wheel>> read_wheels(const LockedVenv& locked, const VenvPlace& place, StepContext& context,
                                              std::uint64_t& peak_memory) {
    for (const auto* list : {&locked.distributions, &locked.builders})
        for (const LockedDistribution& distribution : *list)
            if (auto checked = check_blob(distribution, context.store); !checked) return checked.error();
    std::vector<LockedDistribution> wheels = locked.distributions;
    for (LockedDistribution& distribution : wheels) {
        if (!distribution.is_sdist()) continue;
        auto built = wheel_from_sdist(distribution, locked.builders, context);
        if (!built) return built.error();
        distribution = built->wheel;
        peak_memory = std::max(peak_memory, built->peak_memory);
    }
    std::vector<Wheel> out(wheels.size());
    auto read = run_parallel(wheels.size(), context.jobs, [&](std::size_t at) -> Result<void> {
        if (context.stop.stop_requested()) return Error{.kind = ErrorKind::interrupted, .message = "stopped"};
        auto wheel = read_wheel(context.store.blob_path(wheels[at].sha256), wheels[at], place);
        if (!wheel) return wheel.error();
        out[at] = std::move(*wheel);
        return {};
    });
    if (!read) return read.error();
    return out;
}

// Sources on disk, bytecode beside them: `folder`/tree becomes a venv of .py and .pyc files alone.
static Result<std::uint64_t> make_bytecode(const std::vector<Wheel>& wheels, const VenvPlace& place,
                                           const fs::path& folder, StepContext& context) {
    context.say("compiling bytecode");
    const std::string library = place.site_packages() + "/";
    auto wanted = [&](const WheelFile& file) { return file.path.starts_with(library) && file.path.ends_with(".py"); };
    auto unpacked = run_parallel(wheels.size(), context.jobs, [&](std::size_t at) -> Result<void> {
        if (context.stop.stop_requested()) return Error{.kind = ErrorKind::interrupted, .message = "stopped"};
        return unpack_wheel(wheels[at], folder / "tree", wanted);
    });
    if (!unpacked) return unpacked.error();
    BytecodeRequest request;
    request.python = *context.contract.python;
    request.folder = folder;
    request.mounted = bytecode_folder;
    request.final_path = place.root();
    request.jobs = context.jobs;
    for (const Wheel& wheel : wheels) {
        std::vector<std::string> unit;
        for (const WheelFile& file : wheel.files)
            if (!file.left_out && wanted(file)) unit.push_back(file.path);
        std::sort(unit.begin(), unit.end());
        request.units.push_back(std::move(unit));
    }
    auto session = context.sandbox->open(context.below, {{folder, bytecode_folder, false}});
    if (!session) return session.error();
    return compile_bytecode(**session, request, context.stop);
}

static json::object facts_of(const std::vector<Wheel>& wheels) {
    json::array distributions;
    std::vector<std::string> commands;
    for (const Wheel& wheel : wheels) {
        distributions.push_back(json::object{{"name", wheel.name}, {"version", wheel.version}});
        commands.insert(commands.end(), wheel.commands.begin(), wheel.commands.end());
    }
    std::sort(commands.begin(), commands.end());
    json::array names;
    for (const std::string& command : commands) names.emplace_back(command);
    return {{"distributions", std::move(distributions)}, {"console_scripts", std::move(names)}};
}

Result<StepOutput> build_python(const PythonSpec& spec, StepContext& context) {
    if (!context.contract.python)
        return build_error("the base has no Python, so there can be no venv at " + spec.locked.venv,
                           "add python3-venv to the base's packages, or use a base that has Python");
    const PythonFacts& python = *context.contract.python;
    auto place = VenvPlace::make(spec.locked.venv, python);
    if (!place) return place.error();
    StepOutput output;
    auto wheels = read_wheels(spec.locked, *place, context, output.peak_memory);
    if (!wheels) return wheels.error();
    VenvContent venv{*place, std::move(*wheels), {}, venv_skeleton(*place, python, spec.kernels), {}};
    for (const LockedDistribution& distribution : spec.locked.distributions) venv.groups.push_back(distribution.group);
    if (auto settled = settle_ownership(venv.wheels, venv.skeleton, spec.allow_shared); !settled)
        return settled.error();
    auto folder = context.store.new_temp_directory("bytecode");
    if (!folder) return folder.error();
    auto memory = make_bytecode(venv.wheels, *place, folder->path(), context);
    if (!memory) return memory.error();
    output.peak_memory = std::max(output.peak_memory, *memory);
    venv.bytecode = folder->path() / "tree";
    context.say("packing " + std::to_string(venv.wheels.size()) + " distributions");
    auto layers = pack_venv(venv, context);
    if (!layers) return layers.error();
    output.layers = std::move(*layers);
    output.facts = facts_of(venv.wheels);
    return output;
}

}  // namespace tmplbuild
