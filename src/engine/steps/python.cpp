// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "base/grammar.hpp"
#include "base/text.hpp"
#include "engine/parallel.hpp"
#include "engine/python/bytecode.hpp"
#include "engine/python/layers.hpp"
#include "engine/python/metadata.hpp"
#include "engine/python/ownership.hpp"
#include "engine/python/wheel_from_sdist.hpp"
#include "engine/steps/steps.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

// Where the sandbox mounts the sources. It is not the venv's own path, since the base may have a folder there.
static constexpr const char* bytecode_folder = "/mnt/tmplbuild-bytecode";

static Result<void> check_blob(const LockedDistribution& distribution, const Store& store) {
    const auto size = store.blob_size(distribution.sha256);
    if (size && (distribution.size == 0 || *size == distribution.size)) return {};
    return build_error("the store does not hold " + distribution.file + ", which the lock names",
                       "build again with the package index in reach");
}

static bool holds(const std::vector<std::string>& names, const std::string& name) {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& one) { return normalized_project(one) == normalized_project(name); });
}

static Result<std::vector<Wheel>> read_wheels(const PythonSpec& spec, const VenvPlace& place, StepContext& context,
                                              std::uint64_t& peak_memory) {
    const LockedVenv& locked = spec.locked;
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
        const BadRecord bad_record =
            holds(spec.allow_bad_record, wheels[at].name) ? BadRecord::replaced : BadRecord::refused;
        auto wheel = read_wheel(context.store.blob_path(wheels[at].sha256), wheels[at], place, bad_record);
        if (!wheel) return wheel.error();
        out[at] = std::move(*wheel);
        return {};
    });
    if (!read) return read.error();
    return out;
}

static BytecodeUnit unit_of(const Wheel& wheel, const VenvPlace& place, std::stop_token stop) {
    const std::string library = place.site_packages() + "/";
    std::vector<const WheelFile*> files;
    for (const WheelFile& file : wheel.files)
        if (!file.left_out && file.path.starts_with(library) && file.path.ends_with(".py")) files.push_back(&file);
    std::sort(files.begin(), files.end(), [](auto* a, auto* b) { return a->path < b->path; });
    BytecodeUnit unit;
    for (const WheelFile* file : files) unit.sources.push_back(file->path);
    unit.read = [&wheel, files, stop = std::move(stop)](const BytecodeUnit::Put& put) -> Result<void> {
        auto zip = io::ZipReader::open(wheel.archive);
        if (!zip) return zip.error();
        for (std::size_t at = 0; at < files.size(); ++at) {
            if (stop.stop_requested()) return Error{.kind = ErrorKind::interrupted, .message = "stopped"};
            auto read = read_wheel_file(wheel, *files[at], *zip, [&](auto data) { return put(at, data); });
            if (!read) return read;
        }
        return {};
    };
    return unit;
}

// Of the groups that are not in the store; without any, no sandbox is needed.
static Result<Bytecode> make_bytecode(const std::vector<VenvGroup>& groups, const VenvPlace& place,
                                      const fs::path& folder, StepContext& context) {
    BytecodeRequest request;
    request.python = *context.contract.python;
    request.folder = folder;
    request.mounted = bytecode_folder;
    request.final_path = place.root();
    request.jobs = context.jobs;
    for (const VenvGroup& group : groups) {
        if (group.found) continue;
        for (const Wheel* wheel : group.wheels) request.units.push_back(unit_of(*wheel, place, context.stop));
    }
    if (request.units.empty()) return Bytecode{};
    context.say("compiling bytecode");
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

static std::string what_is_packed(const std::vector<VenvGroup>& groups) {
    std::size_t packed = 0, found = 0;
    for (const VenvGroup& group : groups) (group.found ? found : packed) += group.wheels.size();
    const std::string out = "packing " + std::to_string(packed) + (packed == 1 ? " distribution" : " distributions");
    return found == 0 ? out : out + "; the layers of " + std::to_string(found) + " more are in the store";
}

Result<StepOutput> build_step(const PythonSpec& spec, StepContext& context) {
    if (!context.contract.python)
        return build_error("the base has no Python, so there can be no venv at " + spec.locked.venv,
                           "add python3-venv to the base's packages, or use a base that has Python");
    const PythonFacts& python = *context.contract.python;
    auto place = VenvPlace::make(spec.locked.venv, python);
    if (!place) return place.error();
    StepOutput output;
    auto wheels = read_wheels(spec, *place, context, output.peak_memory);
    if (!wheels) return wheels.error();
    VenvContent venv{*place, {}, venv_skeleton(*place, python, spec.kernels), {}};
    auto settled = settle_ownership(*wheels, venv.skeleton, spec.allow_shared);
    if (!settled) return settled.error();
    for (const std::string& sentence : *settled) context.progress.message(context.step + ": " + sentence);
    std::vector<int> groups;
    for (const LockedDistribution& distribution : spec.locked.distributions) groups.push_back(distribution.group);
    venv.groups = find_groups(*wheels, groups, *place, context);
    auto folder = context.store.new_temp_directory("bytecode");
    if (!folder) return folder.error();
    auto bytecode = make_bytecode(venv.groups, *place, folder->path(), context);
    if (!bytecode) return bytecode.error();
    output.peak_memory = std::max(output.peak_memory, bytecode->peak_memory);
    venv.bytecode = &*bytecode;
    context.say(what_is_packed(venv.groups));
    auto layers = pack_venv(venv, context);
    if (!layers) return layers.error();
    output.layers = std::move(*layers);
    output.facts = facts_of(*wheels);
    return output;
}

}  // namespace tmplbuild
