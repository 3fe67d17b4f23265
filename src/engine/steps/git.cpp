// SPDX-License-Identifier: Apache-2.0
#include "resolve/git.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "engine/python/bytecode.hpp"
#include "engine/steps/steps.hpp"
#include "pack/entry_set.hpp"
#include "sys/fd.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

static BytecodeUnit unit_of(const fs::path& tree) {
    BytecodeUnit unit;
    for (const auto& entry : fs::recursive_directory_iterator(tree))
        if (entry.is_regular_file() && !entry.is_symlink() && entry.path().extension() == ".py")
            unit.sources.push_back(entry.path().lexically_relative(tree));
    std::sort(unit.sources.begin(), unit.sources.end());
    unit.read = [tree, sources = unit.sources](const BytecodeUnit::Put& put) -> Result<void> {
        for (std::size_t at = 0; at < sources.size(); ++at) {
            auto content = sys::read_file(tree / sources[at]);
            if (!content) return content.error();
            if (auto taken = put(at, sys::as_bytes(*content)); !taken) return taken;
        }
        return {};
    };
    return unit;
}

// Users update such trees in place (`git pull`), so the bytecode is checked against its source each time.
static Result<std::uint64_t> add_bytecode(EntrySet& set, const fs::path& tree, const GitSpec& spec,
                                          StepContext& context) {
    if (!context.contract.python) return std::uint64_t{0};
    const PythonFacts& python = *context.contract.python;
    BytecodeRequest request;
    request.python = python;
    request.kind = PycKind::checked_hash;
    request.final_path = spec.layer.dest;
    request.units.push_back(unit_of(tree));
    const std::vector<std::string>& sources = request.units.front().sources;
    if (sources.empty()) return std::uint64_t{0};
    auto folder = context.store.new_temp_directory("bytecode");
    if (!folder) return folder.error();
    request.folder = folder->path();
    request.mounted = "/run/tmplbuild-bytecode";
    request.jobs = context.jobs;
    auto session = context.sandbox->open(context.below, {{request.folder, request.mounted, false}});
    if (!session) return session.error();
    context.say("compiling " + std::to_string(sources.size()) + " Python files");
    auto bytecode = compile_bytecode(**session, request, context.stop);
    if (!bytecode) return bytecode.error();
    auto dest = parse_image_path(spec.layer.dest);
    if (!dest) return dest.error();
    for (const std::string& source : sources) {
        if (!bytecode->has(source)) continue;
        auto content = bytecode->read(source);
        if (!content) return content.error();
        Entry entry{.path = *dest + "/" + pyc_path(source, python)};
        entry.mtime = spec.locked.commit_time;
        if (set.contains(entry.path)) continue;  // the commit's own file wins
        if (auto added = set.add(std::move(entry), std::move(*content), spec.layer.url); !added) return added.error();
    }
    return bytecode->peak_memory;
}

Result<StepOutput> build_step(const GitSpec& spec, StepContext& context) {
    auto work = context.store.new_temp_directory("git");
    if (!work) return work.error();
    const fs::path tree = work->path() / "tree";
    if (auto made = sys::make_directories(tree); !made) return made.error();
    ResolveContext resolving = context.resolving();
    context.say("checking out " + spec.layer.rev.substr(0, 12));
    auto done = checkout_git(commit_of(spec.layer), tree, resolving);
    if (!done) return done.error();
    auto dest = parse_image_path(spec.layer.dest);
    if (!dest) return dest.error();
    EntrySet set(context.contract.folders);
    EntrySet::TreeOptions options;
    options.mtime = spec.locked.commit_time;
    options.any_link = true;
    options.origin = spec.layer.url;
    if (auto added = set.add_tree(tree, *dest, options); !added) return added.error();
    auto peak = add_bytecode(set, tree, spec, context);
    if (!peak) return peak.error();
    auto layer = set.write(context.store, {context.compression, context.step});
    if (!layer) return layer.error();
    return StepOutput{{*layer}, {}, *peak};
}

}  // namespace tmplbuild
