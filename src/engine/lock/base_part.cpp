// SPDX-License-Identifier: Apache-2.0
// The base: apt resolves its packages, then the base itself is made. It is made here and not with the other steps,
// since the plan's keys need facts that only the finished base has.
#include "engine/base/registry_base.hpp"
#include "engine/estimate.hpp"
#include "engine/lock/lock_part.hpp"
#include "engine/run_step.hpp"
#include "engine/step_inputs.hpp"
#include "pack/layer_writer.hpp"
#include "plan/keys.hpp"

namespace tmplbuild {

namespace {

class BasePart : public LockPart {
  public:
    void refuse(const LockWork& work) const override {
        if (debian_base(work.tmpl) != nullptr && !holds(work))
            check_apt_origin(work.apt_origin(), work.context).value();
    }

    void drop_stale(LockWork& work) const override {
        if (!holds(work)) work.lock.base.reset();
    }

    std::vector<std::string> missing(const LockWork& work) const override {
        if (work.lock.base && !work.lock.base->diff_ids.empty()) return {};
        return {"base"};
    }

    std::vector<std::string> renewable(const Template&) const override { return {"base"}; }

    void resolve(LockWork& work) const override {
        if (!work.lock.base) work.lock.base = resolved(work);
        make(work);
    }

  private:
    static bool holds(const LockWork& work) {
        return work.lock.base && work.lock.base->request == base_request(work.tmpl, work.facts) && !work.renews("base");
    }

    static LockedBase resolved(const LockWork& work) {
        work.context.progress.started("base", "resolving");
        const Digest request = base_request(work.tmpl, work.facts);
        const DebianBase* debian = debian_base(work.tmpl);
        if (const auto* image = std::get_if<ImageBase>(&work.tmpl.base)) return pinned(*image, request, work);
        if (debian == nullptr) return {"layout", request, {}, {}, {}, {}};
        auto packages = resolve_debian(work.apt_origin(), base_packages(work.tmpl), work.context);
        if (packages)
            return {
                "debian", request, debian->suite, std::move(packages->packages), {}, {}, std::move(packages->suites)};
        // An error about the base's packages is an error in [base].
        Error error = packages.error();
        if (error.kind == ErrorKind::usage && !error.where) error.where = work.tmpl.base_pos;
        throw BuildError(std::move(error));
    }

    static LockedBase pinned(const ImageBase& image, const Digest& request, const LockWork& work) {
        auto found = find_registry_base(image, work.context);
        if (found) return {"image", request, {}, {}, {}, {}, {}, found->digest()};
        Error error = found.error();
        error.where = work.tmpl.base_pos;
        throw BuildError(std::move(error).while_doing("looking for the base image"));
    }

    static StepResult made(const Step& step, const LockWork& work) {
        const ResolveContext& context = work.context;
        StepEnvironment environment{context.store, context.processes,           context.http,  context.progress,
                                    context.stop,  work.tmpl.image.compression, BaseContract()};
        environment.registries = context.registries;
        environment.cache = context.cache;
        if (auto found = find_step(step, environment)) return std::move(*found);
        refuse_what_cannot_fit({step}, context.store);
        // The base's facts are measured inside the sandbox.
        const auto sandbox = make_sandbox(context.store, context.processes, work.options.sandbox_init).value();
        environment.sandbox = sandbox.get();
        return make_step(step, environment, {}).value();
    }

    static void make(LockWork& work) {
        LockedBase& base = *work.lock.base;
        const StepResult result = made(plan_base(work.tmpl, work.lock, work.facts), work);
        work.base_layers = result.output.layers;
        std::vector<Digest> diff_ids;
        for (const BuiltLayer& layer : work.base_layers) diff_ids.push_back(layer.diff_id);
        const std::string packer = packer_format(Compression::none);
        if (!base.diff_ids.empty() && work.lock.packer == packer && base.diff_ids != diff_ids)
            throw BuildError(
                build_error("the locked base has other bytes than the lock names: " + diff_ids.front().to_string() +
                                " instead of " + base.diff_ids.front().to_string(),
                            "see what differs with `tmplbuild explain`, or renew it with " + renewal_of("base")));
        base.diff_ids = std::move(diff_ids);
        const json::object& facts = result.output.facts;
        base.contract = BaseContract::from_json(*json::get_object(facts, "contract").value()).value();
        if (base.suite.empty()) base.suite = json::string_or(facts, "suite", "");
        if (base.kind != "debian") work.base_apt = apt_of_base(facts).value();
        work.lock.packer = packer;
    }
};

}  // namespace

std::unique_ptr<LockPart> lock_part_of(const std::optional<LockedBase>&) { return std::make_unique<BasePart>(); }

}  // namespace tmplbuild
