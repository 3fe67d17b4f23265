// SPDX-License-Identifier: Apache-2.0
#include "engine/prepare.hpp"

#include "engine/layer_count.hpp"
#include "engine/local_facts.hpp"
#include "engine/lock/lock_part.hpp"
#include "engine/sequential_progress.hpp"
#include "resolve/lock_file.hpp"

namespace tmplbuild {

namespace {

using LockParts = std::vector<std::unique_ptr<LockPart>>;

// In the lock's own order, in which they build on each other: packages are resolved over the made base, venvs for its
// interpreter, kernels with what the venvs hold.
LockParts parts_of(const Lock& lock) {
    LockParts out;
    for_each_part(lock, [&](const char*, const auto& locked) { out.push_back(lock_part_of(locked)); });
    return out;
}

void make_whole(const LockParts& parts, LockWork& work) {
    // Mistakes in the template must show before minutes are spent on a base.
    for (const auto& part : parts) part->look_ahead(work);
    // One part after the other, since a locked part decides whether the next one is stale.
    for (const auto& part : parts) {
        part->drop_stale(work);
        part->resolve(work);
    }
    // Gigabytes are fetched last, when everything that a build would refuse has been refused.
    refuse_too_many_layers(make_plan(work.tmpl, work.lock, work.facts), work.context.store);
    work.python.fetch();
}

}  // namespace

Prepared prepare(const Template& tmpl, const PrepareOptions& options, const ResolveContext& context) {
    const LockFile file = LockFile::read(lock_path(tmpl.file)).value();
    Prepared out{file.lock(), find_local_facts(tmpl, options.programs, context.store), {}};
    // What cannot work is refused before anything is fetched: kernels on these GPUs, too many layers, a version of
    // Python.
    refuse_too_many_layers(tmpl, out.facts);
    refuse_absent_interpreters(tmpl);

    SequentialProgress one_by_one(context.progress);
    ResolveContext within{context.store, context.processes, context.http,       one_by_one,
                          context.stop,  context.backends,  context.registries, context.cache};
    LockWork work(tmpl, out.facts, options, within, out.lock);
    const LockParts parts = parts_of(out.lock);
    for (const auto& part : parts) part->refuse(work);
    if (options.offline) {
        for (const auto& part : parts) part->drop_stale(work);
    } else {
        make_whole(parts, work);
        // A run that fails before this leaves the earlier lock unchanged.
        if (out.lock != work.earlier) file.write(out.lock).value();
    }
    for (const auto& part : parts)
        for (std::string& name : part->missing(work)) out.missing.push_back(std::move(name));
    return out;
}

std::set<std::string> lock_parts(const Template& tmpl) {
    std::set<std::string> out;
    for (const auto& part : parts_of({}))
        for (std::string& name : part->renewable(tmpl)) out.insert(std::move(name));
    return out;
}

}  // namespace tmplbuild
