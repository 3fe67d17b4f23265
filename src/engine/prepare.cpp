// SPDX-License-Identifier: Apache-2.0
#include "engine/prepare.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "engine/base/dpkg_status.hpp"
#include "engine/estimate.hpp"
#include "engine/layer_count.hpp"
#include "engine/local_facts.hpp"
#include "engine/python/prepare_python.hpp"
#include "engine/run_step.hpp"
#include "engine/sequential_progress.hpp"
#include "engine/step_inputs.hpp"
#include "pack/layer_writer.hpp"
#include "plan/keys.hpp"
#include "plan/requests.hpp"
#include "plan/variants.hpp"
#include "resolve/apt.hpp"
#include "resolve/git.hpp"
#include "resolve/python.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

Lock read_lock(const fs::path& file) {
    std::error_code failed;
    if (!fs::exists(file, failed)) return {};
    return Lock::parse(sys::read_file(file).value(), file.filename()).value();
}

// One run over the parts of the lock, in the order in which they build on each other: base, apt, git, Python, toolkit.
class Locker {
  public:
    Locker(const Template& tmpl, const PrepareOptions& options, const LocalFacts& facts, Lock& lock,
           ResolveContext& context)
        : tmpl_(tmpl),
          options_(options),
          facts_(facts),
          lock_(lock),
          context_(context),
          python_(tmpl, facts, lock, context) {}

    // Throws away what the template does not ask for any more, and what is to be renewed.
    void drop_stale() {
        if (lock_.base && (lock_.base->request != base_request(tmpl_, facts_) || renew("base"))) lock_.base.reset();
        if (!options_.offline) return;
        drop_stale_apts();
        drop_stale_venvs();
        drop_stale_rest();
        drop_stale_kernels();
    }

    std::vector<std::string> missing() const {
        std::vector<std::string> out;
        if (!lock_.base || lock_.base->diff_ids.empty()) out.emplace_back("base");
        for (const AptRequest& request : apt_requests(tmpl_))
            if (lock_.find_apt(request.step) == nullptr) out.push_back(request.step);
        for (const GitRequest& request : git_requests(tmpl_))
            if (lock_.find_git(request.url, request.rev) == nullptr) out.push_back("git " + request.url);
        for (const VenvRequest& request : venv_requests(tmpl_))
            if (lock_.find_venv(request.venv) == nullptr) out.push_back(request.step());
        if (!tmpl_.kernels.empty() && !lock_.toolchain) out.emplace_back("toolchain");
        for (const KernelRequest& request : kernel_requests(tmpl_))
            if (lock_.find_kernel(request.use->name) == nullptr) out.push_back(request.step());
        return out;
    }

    // What cannot be had on this machine is said without the network, also by `plan`.
    void check_base() const {
        if (debian_base(tmpl_) != nullptr && !lock_.base) check_apt_origin(apt_origin(), context_).value();
    }

    void resolve() {
        refuse_without_tools();
        // Before the minutes of a base: what is asked for must make sense.
        drop_stale_rest();
        for (const GitRequest& request : git_requests(tmpl_))
            if (lock_.find_git(request.url, request.rev) == nullptr) resolve_commit(request);
        fetch_required_commits();
        python_.refuse_wrong_requirements();
        resolve_base();
        drop_stale_apts();
        drop_stale_venvs();
        for (const AptRequest& request : apt_requests(tmpl_))
            if (lock_.find_apt(request.step) == nullptr) resolve_packages(request);
        for (const VenvRequest& request : venv_requests(tmpl_))
            if (lock_.find_venv(request.venv) == nullptr) python_.resolve_venv(request, earlier_of(request));
        // A torch that no kernel can be compiled against is refused before its gigabytes come.
        if (!tmpl_.kernels.empty()) (void)make_plan(tmpl_, lock_without_kernels(), facts_);
        if (!tmpl_.kernels.empty() && !lock_.toolchain) python_.resolve_toolchain();
        drop_stale_kernels();
        for (const KernelRequest& request : kernel_requests(tmpl_))
            if (lock_.find_kernel(request.use->name) == nullptr) python_.resolve_kernel(request);
        python_.fetch();
    }

  private:
    // What the machine lacks is said before minutes go into a base.
    void refuse_without_tools() const {
        bool asks_uv = !tmpl_.kernels.empty() && !lock_.toolchain;
        for (const VenvRequest& request : venv_requests(tmpl_))
            asks_uv = asks_uv || lock_.find_venv(request.venv) == nullptr;
        if (asks_uv) find_resolver().value();
    }

    // Requirements are read out of commits: those of a lock that came from another machine may not be here yet.
    void fetch_required_commits() {
        for (const VenvRequest& request : venv_requests(tmpl_)) {
            if (lock_.find_venv(request.venv) != nullptr && !renew(request.step())) continue;
            for (const PythonLayer* python : request.layers)
                for (const std::string& from : python->requirements_from)
                    for (const Layer& layer : tmpl_.layers) {
                        const auto* git = std::get_if<GitLayer>(&layer.body);
                        const bool named = from.starts_with(layer.name + ":");
                        if (named && git != nullptr) fetch_git({git->url, git->rev, false, true}, context_).value();
                    }
        }
    }

    // Its versions and groups are kept where they still fit, unless it is to be renewed.
    const LockedVenv* earlier_of(const VenvRequest& request) const {
        const auto found = std::find_if(earlier_.begin(), earlier_.end(),
                                        [&](const LockedVenv& venv) { return venv.venv == request.venv; });
        return found == earlier_.end() || renew(request.step()) ? nullptr : &*found;
    }

    // Their requirements may be another venv's still.
    Lock lock_without_kernels() const {
        Lock out = lock_;
        out.kernels.clear();
        return out;
    }

    bool renew(const std::string& part) const { return options_.update_all || options_.update.contains(part); }

    void drop_stale_apts() {
        std::vector<LockedApt> kept;
        for (const AptRequest& request : apt_requests(tmpl_)) {
            const LockedApt* apt = lock_.find_apt(request.step);
            const bool stands = std::all_of(request.over.begin(), request.over.end(), [&](const std::string& below) {
                return std::any_of(kept.begin(), kept.end(), [&](const LockedApt& a) { return a.step == below; });
            });
            const bool good = apt != nullptr && lock_.base && stands && !renew(request.step) &&
                              apt->request == apt_request(request, *lock_.base, lock_);
            if (good) kept.push_back(*apt);
        }
        lock_.apts = std::move(kept);
    }

    void drop_stale_venvs() {
        std::vector<LockedVenv> kept;
        for (const VenvRequest& request : venv_requests(tmpl_)) {
            const LockedVenv* venv = lock_.find_venv(request.venv);
            if (venv == nullptr) continue;
            const bool good = lock_.base && venv->request == venv_request(request, lock_.base->contract, facts_);
            if (good && !renew(request.step()))
                kept.push_back(*venv);
            else
                earlier_.push_back(*venv);  // its versions and groups are kept where they still fit
        }
        lock_.venvs = std::move(kept);
    }

    // After the venvs: what they hold is part of what is asked.
    void drop_stale_kernels() {
        std::vector<LockedKernel> kept;
        for (const KernelRequest& request : kernel_requests(tmpl_)) {
            const LockedKernel* locked = lock_.find_kernel(request.use->name);
            const bool good = locked != nullptr && lock_.base && !renew(request.step()) &&
                              locked->request == kernel_request(request, lock_.base->contract, lock_);
            if (good) kept.push_back(*locked);
        }
        lock_.kernels = std::move(kept);
    }

    void drop_stale_rest() {
        const std::set<GitRequest> asked = git_requests(tmpl_);
        std::erase_if(lock_.gits, [&](const LockedGit& git) {
            return std::none_of(asked.begin(), asked.end(),
                                [&](const GitRequest& r) { return r.url == git.url && r.rev == git.rev; });
        });
        const bool stale = tmpl_.kernels.empty() || renew("toolchain") ||
                           (lock_.toolchain && lock_.toolchain->request != toolchain_request(tmpl_.targets.cuda));
        if (stale) lock_.toolchain.reset();
    }

    void resolve_base() {
        if (!lock_.base) {
            context_.progress.started("base", "resolving");
            if (const DebianBase* debian = debian_base(tmpl_)) {
                auto resolved = at_base(resolve_debian(apt_origin(), base_packages(tmpl_), context_));
                lock_.base =
                    LockedBase{"debian", base_request(tmpl_, facts_), debian->suite, std::move(resolved.packages), {},
                               {},       std::move(resolved.suites)};
            } else
                lock_.base = LockedBase{"layout", base_request(tmpl_, facts_), {}, {}, {}, {}};
        }
        make_base();
    }

    // The base step runs here and not with the others: the plan's keys need what only the made base can tell.
    void make_base() {
        LockedBase& base = *lock_.base;
        const Step step = plan_base(tmpl_, lock_, facts_);
        const Compression compression = compression_of(tmpl_.image.compression);
        const StepEnvironment environment{
            context_.store, context_.processes, context_.http, context_.progress, context_.stop, compression, {}};
        auto made = find_step(step, environment);
        if (!made) {
            refuse_what_cannot_fit({step}, context_.store);
            // What the base holds is asked inside.
            const auto sandbox = make_sandbox(context_.store, context_.processes, options_.sandbox_init).value();
            StepEnvironment with = environment;
            with.sandbox = sandbox.get();
            made = make_step(step, with, {}).value();
        }
        base_layers_ = made->output.layers;
        std::vector<Digest> diff_ids;
        for (const BuiltLayer& layer : base_layers_) diff_ids.push_back(layer.diff_id);
        const std::string packer = packer_format(Compression::none);
        if (!base.diff_ids.empty() && lock_.packer == packer && base.diff_ids != diff_ids)
            throw BuildError(build_error(
                "the locked packages gave a base with other bytes than the lock names: " +
                    diff_ids.front().to_string() + " instead of " + base.diff_ids.front().to_string(),
                "see what differs with `tmplbuild explain`, or renew it with `tmplbuild lock --update base`"));
        base.diff_ids = std::move(diff_ids);
        const json::object& facts = made->output.facts;
        base.contract = BaseContract::from_json(*json::get_object(facts, "contract").value()).value();
        if (base.suite.empty()) base.suite = json::string_or(facts, "suite", "");
        if (base.kind != "debian") base_apt_ = apt_of_base(facts).value();
        lock_.packer = packer;
    }

    void resolve_packages(const AptRequest& request) {
        context_.progress.started(request.step, "resolving");
        std::string status = dpkg_status(context_.store, base_layers_).value();
        if (status.empty())
            throw BuildError(usage_error(
                "the step " + request.step + " installs Debian packages, and the base has none: it lacks " +
                    "/var/lib/dpkg/status" + (request.step == kernel_tools_step ? ", which kernels need" : ""),
                "choose a base made from Debian packages (Debian, Ubuntu), or leave such packages out"));
        for (const std::string& below : request.over) {
            const LockedApt& apt = *lock_.find_apt(below);
            fetch_packages(below, apt_origin(), apt.packages, context_).value();
            status += installed_status(apt.packages, context_).value();
        }
        auto resolved = resolve_apt(request.step, apt_origin(), status, request.packages, context_);
        if (!resolved && resolved.error().kind == ErrorKind::usage && !resolved.error().where) {
            Error error = resolved.error();
            for (const Layer& layer : tmpl_.layers)
                if (request.step == "apt:" + layer.name) error.where = layer.pos;
            throw BuildError(std::move(error));
        }
        lock_.apts.push_back({request.step, apt_request(request, *lock_.base, lock_),
                              std::move(resolved.value().packages), std::move(resolved.value().suites)});
    }

    AptOrigin apt_origin() const {
        const DebianBase* debian = debian_base(tmpl_);
        return {debian != nullptr ? debian->suite : lock_.base ? lock_.base->suite : "", base_apt_, tmpl_.repositories};
    }

    // What is wrong with the base's packages is wrong in [base].
    ResolvedPackages at_base(Result<ResolvedPackages> resolved) const {
        if (resolved) return std::move(*resolved);
        Error error = resolved.error();
        if (error.kind == ErrorKind::usage && !error.where) error.where = tmpl_.base_pos;
        throw BuildError(std::move(error));
    }

    void resolve_commit(const GitRequest& request) {
        context_.progress.started("git", "fetching " + request.rev.substr(0, 12));
        lock_.gits.push_back(
            resolve_git({request.url, request.rev, request.submodules, request.lfs_pointers}, context_).value());
    }

    const Template& tmpl_;
    const PrepareOptions& options_;
    const LocalFacts& facts_;
    Lock& lock_;
    ResolveContext& context_;
    PythonLocker python_;
    std::vector<BuiltLayer> base_layers_;
    std::optional<BaseApt> base_apt_;  // of somebody's base, once it is made
    std::vector<LockedVenv> earlier_;
};

}  // namespace

Prepared prepare(const Template& tmpl, const PrepareOptions& options, const ResolveContext& context) {
    // What cannot work is refused before anything is fetched.
    (void)plan_variants(tmpl);
    const fs::path file = lock_path(tmpl.file);
    Prepared out{read_lock(file), find_local_facts(tmpl, options.programs, context.store), {}};
    const Lock before = out.lock;
    refuse_too_many_layers(tmpl, out.facts);
    SequentialProgress one_by_one(context.progress);
    ResolveContext within{context.store, context.processes, context.http, one_by_one, context.stop};
    Locker locker(tmpl, options, out.facts, out.lock, within);
    locker.drop_stale();
    locker.check_base();
    if (!options.offline) {
        locker.resolve();
        if (out.lock != before) sys::write_file_atomic(file, out.lock.to_text()).value();
    }
    out.missing = locker.missing();
    return out;
}

}  // namespace tmplbuild
