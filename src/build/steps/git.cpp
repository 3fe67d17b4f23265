// SPDX-License-Identifier: Apache-2.0
#include "resolve/git.hpp"
#include <algorithm>

#include "base/text.hpp"
#include "build/bytecode.hpp"
#include "build/steps/steps.hpp"
#include "pack/entry_set.hpp"

namespace tmplbuild {

// Users update such trees in place (`git pull`): bytecode that is checked against its source never goes stale.
static Result<std::uint64_t> add_bytecode(const std::filesystem::path& tree, const std::string& dest,
                                          StepContext& context) {
    std::vector<std::string> sources;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(tree))
        if (entry.is_regular_file() && !entry.is_symlink() && entry.path().extension() == ".py")
            sources.push_back(entry.path().lexically_relative(tree));
    if (sources.empty() || !context.contract.python) return std::uint64_t{0};
    std::sort(sources.begin(), sources.end());
    static constexpr const char* inside = "/run/tmplbuild-tree";
    auto session = context.sandbox->open(context.below, {{tree.parent_path(), inside, false}});
    if (!session) return session.error();
    context.say("compiling " + std::to_string(sources.size()) + " Python files");
    BytecodeRequest request{*context.contract.python, PycKind::checked_hash, tree.parent_path(), inside, dest,
                            {std::move(sources)},     context.jobs};
    return compile_bytecode(**session, request, context.stop);
}

Result<StepOutput> build_git(const GitSpec& spec, StepContext& context) {
    auto work = context.store.new_temp_directory("git");
    if (!work) return work.error();
    const std::filesystem::path tree = work->path() / "tree";
    if (auto made = io::make_directories(tree); !made) return made.error();
    ResolveContext resolving = context.resolving();
    context.say("checking out " + spec.layer.rev.substr(0, 12));
    auto done = checkout_git(spec.layer.url, spec.layer.rev, spec.layer.submodules, tree, resolving);
    if (!done) return done.error();
    auto dest = parse_image_path(spec.layer.dest);
    if (!dest) return dest.error();
    auto peak = add_bytecode(tree, spec.layer.dest, context);
    if (!peak) return peak.error();
    EntrySet set(context.contract.folders);
    EntrySet::TreeOptions options;
    options.mtime = spec.locked.commit_time;
    options.any_link = true;
    options.origin = spec.layer.url;
    if (auto added = set.add_tree(tree, *dest, options); !added) return added.error();
    auto layer = set.write(context.store, {context.compression, context.step});
    if (!layer) return layer.error();
    return StepOutput{{*layer}, {}, *peak};
}

}  // namespace tmplbuild
