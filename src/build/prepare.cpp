// SPDX-License-Identifier: Apache-2.0
#include "build/prepare.hpp"

#include "build/run_step.hpp"
#include "pack/layer_writer.hpp"
#include "resolve/apt.hpp"
#include "resolve/file_digest.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

Lock read_lock(const fs::path& file) {
    std::error_code failed;
    if (!fs::exists(file, failed)) return {};
    return Lock::parse(io::read_file(file).value(), file.filename()).value();
}

LocalFacts local_facts(const Template& tmpl, const fs::path& launcher) {
    LocalFacts facts;
    for (const Layer& layer : tmpl.layers)
        if (const auto* files = std::get_if<FilesLayer>(&layer.body))
            facts.files["files:" + layer.name] = digest_files(*files).value();
    facts.launcher = launcher;
    facts.launcher_digest = io::hash_file(launcher).value();
    return facts;
}

// The base step runs here and not with the others: the plan's keys need what only the made base can tell.
void make_base(const Template& tmpl, Lock& lock, const Store& store, io::ProcessRunner& processes, Progress& progress,
               const std::stop_token& stop) {
    LockedBase& base = *lock.base;
    Lock only_base = lock;
    only_base.base->contract = {};
    // Planned like any other step, so that its key has one definition; the rest of that plan is not looked at.
    Template bare = tmpl;
    bare.layers.clear();
    bare.services.clear();
    const Plan plan = make_plan(bare, only_base, {});
    const Step& step = plan.steps.front();
    SilentProgress silent;
    const bool made_before = store.find_record(step.key->digest()).has_value();
    Progress& shown = made_before ? silent : progress;  // the build itself tells of the hit
    if (!made_before) {
        ResolveContext context{store, processes, progress, stop};
        fetch_packages(base.suite, base.packages, context).value();
    }
    const Compression compression =
        tmpl.image.compression == CompressionKind::gzip ? Compression::gzip : Compression::zstd;
    const StepResult made = run_step(step, {store, processes, shown, stop, compression, {}}).value();
    std::vector<Digest> diff_ids;
    for (const BuiltLayer& layer : made.output.layers) diff_ids.push_back(layer.diff_id);
    const std::string packer = packer_format(Compression::none);
    if (!base.diff_ids.empty() && lock.packer == packer && base.diff_ids != diff_ids)
        throw BuildError(build_error(
            "the locked packages gave a base with other bytes than the lock names: " + diff_ids.front().to_string() +
                " instead of " + base.diff_ids.front().to_string(),
            "see what differs with `tmplbuild explain`, or renew it with `tmplbuild lock --update base`"));
    base.diff_ids = std::move(diff_ids);
    base.contract = BaseContract::from_json(*json::get_object(made.output.facts, "contract").value()).value();
    lock.packer = packer;
}

}  // namespace

Prepared prepare(const Template& tmpl, const PrepareOptions& options, const Store& store, io::ProcessRunner& processes,
                 Progress& progress, std::stop_token stop) {
    const fs::path file = lock_path(tmpl.file);
    Prepared out{read_lock(file), local_facts(tmpl, options.launcher)};
    const Lock before = out.lock;
    const bool stale = !out.lock.base || out.lock.base->request != base_request(tmpl);
    if (stale || options.update_base) out.lock.base.reset();
    if (options.offline) return out;
    if (!out.lock.base) {
        const DebianBase& base = *debian_base(tmpl);
        progress.started("base", "resolving");
        ResolveContext context{store, processes, progress, stop};
        out.lock.base = LockedBase{"debian",   base_request(tmpl),
                                   base.suite, resolve_debian(base.suite, base.packages, context).value(),
                                   {},         {}};
    }
    make_base(tmpl, out.lock, store, processes, progress, stop);
    if (out.lock != before) io::write_file_atomic(file, out.lock.to_text()).value();
    return out;
}

}  // namespace tmplbuild
