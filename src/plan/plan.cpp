// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "base/text.hpp"
#include "kernel/verdict.hpp"
#include "plan/compile_root.hpp"
#include "plan/kernel_specs.hpp"
#include "plan/keys.hpp"
#include "plan/pod.hpp"
#include "plan/pod_kernels.hpp"
#include "plan/requests.hpp"
#include "plan/variants.hpp"
#include "template/layer_traits.hpp"

namespace tmplbuild {

const Step* Plan::find(const std::string& id) const {
    auto found = std::find_if(steps.begin(), steps.end(), [&](const Step& step) { return step.id == id; });
    return found == steps.end() ? nullptr : &*found;
}

namespace {

// People who wait for a security update look for the suites that packages come from.
std::string drawn_from(const std::vector<std::string>& suites) {
    return suites.empty() ? std::string() : " from " + join(suites, ", ");
}

std::string variant_id(const std::string& kernel, const kernel::Arch& arch) {
    return "kernel:" + kernel + ":" + arch.to_torch_list();
}

constexpr const char* nginx_path = "opt/tmplbuild/gateway/nginx";

// What an image without the console does not need.
bool is_of_console(const RuntimeProgram& program) {
    for (const char* folder : {"opt/tmplbuild/gateway/", "opt/tmplbuild/console/", "opt/tmplbuild/download/"})
        if (program.path.starts_with(folder)) return true;
    return false;
}

class Planner {
  public:
    Planner(const Template& tmpl, const Lock& lock, const LocalFacts& facts)
        : tmpl_(tmpl), lock_(lock), facts_(facts), compression_(tmpl.image.compression) {}

    Plan run() {
        plan_.name = tmpl_.name;
        add_base();
        for (const Layer& layer : tmpl_.layers)
            std::visit([&](const auto& body) { add_layer(layer, body); }, layer.body);
        add_kernels();
        add_runtime();
        add_pod();
        describe_image();
        return std::move(plan_);
    }

  private:
    bool has_contract() const { return lock_.base && !lock_.base->diff_ids.empty(); }
    const BaseContract& contract() const { return lock_.base->contract; }
    static constexpr const char* no_base = "the base has not been made yet, so its facts are not known";

    void add(Step step) {
        places_.emplace(step.id, plan_.steps.size());
        plan_.steps.push_back(std::move(step));
    }
    // Does what Plan::find does, by an index, since a step that stands on all others looks up each of them.
    const Step* find(const std::string& id) const {
        const auto found = places_.find(id);
        return found == places_.end() ? nullptr : &plan_.steps[found->second];
    }

    // Known layers need only the base's facts for their keys.
    template <class Key>
    void add_known(Step step, Key key) {
        if (has_contract() && step.unresolved.empty())
            step.key = key();
        else if (step.unresolved.empty())
            step.unresolved = no_base;
        add(std::move(step));
    }

    // Steps whose layers are changes to the layers below need the keys of all of those.
    template <class Key>
    void add_over(Step step, Key key) {
        KeysBelow below;
        for (const std::string& id : step.needs) {
            const Step* other = find(id);
            if (other->key)
                below.emplace_back(id, other->key->digest());
            else if (step.unresolved.empty())
                step.unresolved = "it stands on " + id + ", which is not resolved";
        }
        if (step.unresolved.empty()) step.key = key(below);
        add(std::move(step));
    }

    // The steps planned so far on which a step may stand, bottom first.
    std::vector<std::string> ids_below(bool everything) const {
        std::vector<std::string> out;
        for (const Step& step : plan_.steps) {
            if (step.in_image && (everything || step.kind().is_change)) out.push_back(step.id);
        }
        return out;
    }

    void add_base() { add(plan_base(tmpl_, lock_, facts_)); }

    void add_layer(const Layer& layer, const FilesLayer& files) {
        const std::string id = traits_of(layer).step;
        FilesSpec spec{files, facts_.files.at(id), {}};
        if (const auto found = facts_.signatures.find(id); found != facts_.signatures.end())
            spec.signature = found->second;
        Step step{.id = id, .summary = std::to_string(spec.layer.items.size()) + " sources", .spec = spec};
        add_known(std::move(step), [&] { return files_key(spec, contract(), compression_); });
    }

    void add_layer(const Layer& layer, const FetchLayer& fetch) {
        const FetchSpec spec{fetch};
        Step step{.id = traits_of(layer).step, .summary = "to " + fetch.dest, .spec = spec};
        add_known(std::move(step), [&] { return fetch_key(spec, contract(), compression_); });
    }

    void add_layer(const Layer& layer, const GitLayer& git) {
        const LockedGit* locked = lock_.find_git(git.url, git.rev);
        const GitSpec spec{git, locked == nullptr ? LockedGit{} : *locked};
        Step step{.id = traits_of(layer).step, .summary = git.rev.substr(0, 12) + " to " + git.dest, .spec = spec};
        step.needs = {"base"};  // its interpreter makes the bytecode
        if (locked == nullptr) step.unresolved = "its commit has not been fetched yet";
        add_known(std::move(step), [&] { return git_key(spec, contract(), compression_); });
    }

    void add_layer(const Layer& layer, const AptLayer&) {
        Step step{.id = traits_of(layer).step, .spec = AptSpec{}};
        step.needs = ids_below(false);
        finish_apt(std::move(step));
    }

    void finish_apt(Step step) {
        const LockedApt* locked = lock_.find_apt(step.id);
        AptSpec spec{locked == nullptr ? LockedApt{} : *locked, lock_.base ? lock_.base->suite : "",
                     debian_base(tmpl_) == nullptr, tmpl_.repositories};
        if (locked == nullptr) step.unresolved = "its packages are not locked yet";
        step.summary = std::to_string(spec.locked.packages.size()) + " packages" + drawn_from(spec.locked.suites);
        for (const LockedPackage& package : spec.locked.packages) step.estimated_bytes += package.size;
        step.work_bytes = 5 * step.estimated_bytes;
        // Without packages, the layers below have everything already.
        step.least_layers = spec.locked.packages.empty() ? 0 : 1;
        step.spec = spec;
        add_over(std::move(step), [&](const KeysBelow& below) { return apt_key(spec, below, compression_); });
    }

    // The layers of one venv are one step, in the place of the first of them.
    void add_layer(const Layer& named, const PythonLayer& layer) {
        const std::string id = traits_of(named).step;
        if (find(id) != nullptr) return;
        PythonSpec spec;
        spec.locked.venv = layer.venv;
        spec.folder = {tmpl_.directory, layer.own};
        for (const Layer& other : tmpl_.layers)
            if (const auto* same = std::get_if<PythonLayer>(&other.body); same != nullptr && same->venv == layer.venv) {
                spec.allow_shared.insert(spec.allow_shared.end(), same->allow_shared.begin(), same->allow_shared.end());
                spec.allow_bad_record.insert(spec.allow_bad_record.end(), same->allow_bad_record.begin(),
                                             same->allow_bad_record.end());
            }
        for (const KernelUse& use : tmpl_.kernels) {
            const std::vector<std::string> venvs = venvs_of(use, tmpl_, lock_);
            if (std::find(venvs.begin(), venvs.end(), layer.venv) != venvs.end()) spec.kernels.push_back(use.name);
        }
        std::sort(spec.allow_shared.begin(), spec.allow_shared.end());
        std::sort(spec.allow_bad_record.begin(), spec.allow_bad_record.end());
        std::sort(spec.kernels.begin(), spec.kernels.end());
        Step step{.id = id, .spec = PythonSpec{}, .interpreter = layer.python, .needs = {"base"}};
        if (const LockedVenv* locked = lock_.find_venv(layer.venv)) {
            spec.locked = *locked;
            for (const LockedDistribution& d : locked->distributions) step.estimated_bytes += d.size;
            std::set<int> groups;
            for (const LockedDistribution& d : locked->distributions) groups.insert(d.group);
            step.least_layers = std::max<std::size_t>(groups.size(), 1);
            // A source distribution may compile against packages that apt and run steps installed.
            if (locked->has_sdists()) step.needs = ids_below(false);
        } else {
            step.unresolved = "its distributions are not locked yet";
        }
        step.summary = std::to_string(spec.locked.distributions.size()) + " distributions";
        if (has_contract())
            if (const auto python = contract().with_interpreter(layer.python).python)
                step.summary += " for Python " + python->version;
        step.spec = spec;
        if (!spec.locked.has_sdists())
            add_known(std::move(step),
                      [&] { return python_key(spec, contract().with_interpreter(layer.python), {}, compression_); });
        else
            add_over(std::move(step), [&](const KeysBelow& below) {
                return python_key(spec, contract().with_interpreter(layer.python), below, compression_);
            });
    }

    void add_layer(const Layer& layer, const RunLayer& run) {
        const RunSpec spec{run};
        const std::string first =
            run.command.empty() ? run.script.substr(0, run.script.find('\n')) : join(run.command, " ");
        Step step{.id = traits_of(layer).step, .summary = first.substr(0, 60), .spec = spec};
        step.needs = run.after ? std::vector<std::string>{"base"} : ids_below(true);
        if (run.after)
            for (const std::string& name : *run.after)
                if (const Step* other = step_of_layer(name)) step.needs.push_back(other->id);
        add_over(std::move(step), [&](const KeysBelow& below) { return run_key(spec, below, compression_); });
    }

    const Step* step_of_layer(const std::string& name) const {
        for (const Layer& layer : tmpl_.layers)
            if (layer.name == name) return find(traits_of(layer).step);
        return nullptr;
    }

    void add_kernels() {
        const std::vector<PlannedVariant> variants = plan_variants(tmpl_);
        if (variants.empty()) return;
        root_ = compile_root(plan_.steps);
        // The pod's own compiler, as a layer over a base whose packages the template does not choose.
        if (const auto packages = pod_compiler(tmpl_); !packages.empty() && debian_base(tmpl_) == nullptr)
            finish_apt({.id = pod_compiler_step, .spec = AptSpec{}, .needs = ids_below(false)});
        std::vector<std::string> below = root_.steps;
        below.pop_back();  // this step
        finish_apt({.id = kernel_tools_step, .spec = AptSpec{}, .needs = std::move(below), .in_image = false});
        for (const PlannedVariant& variant : variants) add_variant(variant);
        for (const KernelUse& use : tmpl_.kernels) add_kernel_files(use);
    }

    void add_variant(const PlannedVariant& variant) {
        PlannedSpec planned = plan_kernel_spec(*variant.use, variant.arch, tmpl_, lock_, facts_, root_);
        KernelSpec& spec = planned.spec;
        spec.serves = variant.serves;
        Step step{.id = variant_id(spec.kernel, variant.arch), .spec = KernelSpec{}, .needs = root_.steps};
        step.interpreter = interpreter_for(*variant.use, lock_);
        if (!spec.torch_venv.empty()) step.needs.push_back(venv_step(spec.torch_venv));
        std::vector<std::string> gpus;
        for (const kernel::GpuTarget& target : spec.serves) {
            gpus.push_back(target.label);
            plan_.gpus.push_back(
                {spec.kernel, target, variant.arch, modules_for(spec.recipe, *target.capability), step.id});
        }
        step.summary = variant.arch.to_string() + " for " + join(gpus, ", ");
        step.estimated_seconds = spec.recipe.minutes * 60;
        step.estimated_memory = spec.recipe.memory_bytes;
        std::set<std::string> siblings;
        for (const KernelArchRule& rule : spec.recipe.archs) siblings.insert(variant_id(spec.kernel, rule.build_as));
        step.siblings.assign(siblings.begin(), siblings.end());
        step.spec = spec;
        step.key = std::move(planned.key);
        step.unresolved = planned.unresolved;
        add(std::move(step));
    }

    void add_kernel_files(const KernelUse& use) {
        const auto planned = plan_kernel_files(use, lock_, facts_);
        if (!planned) return;
        const KernelFilesSpec& spec = planned->spec;
        Step step{.id = "kernel-files:" + use.name, .summary = "what a pod needs to compile it", .spec = spec};
        if (!spec.may_compile) step.summary = "what a pod needs to use it";
        if (!spec.fallback.empty()) step.needs = {"base"};  // its interpreter makes the bytecode
        step.unresolved = planned->unresolved;
        step.interpreter = interpreter_for(use, lock_);
        const std::string interpreter = step.interpreter;
        add_known(std::move(step),
                  [&] { return kernel_files_key(spec, contract().with_interpreter(interpreter), compression_); });
    }

    void add_runtime() {
        RuntimeSpec spec{facts_.runtime};
        if (!tmpl_.console) std::erase_if(spec.programs, is_of_console);
        const char* const summary = tmpl_.console ? "the launcher, the console and the gateway" : "the launcher";
        add_known({.id = "runtime", .summary = summary, .spec = spec},
                  [&] { return runtime_key(spec, contract(), compression_); });
    }

    void add_pod() {
        PodSpecStep spec{make_pod_spec(tmpl_), {}, {}, constraints_text(lock_), {}};
        for (const VenvRequest& venv : venv_requests(tmpl_)) {
            spec.venvs.push_back(venv.venv);
            spec.interpreters.push_back(venv.python());
        }
        if (!spec.constraints.empty()) spec.pod.constraints = constraints_path;
        for (const KernelUse& use : tmpl_.kernels)
            spec.pod.kernels.push_back(make_pod_kernel(use, tmpl_, lock_, facts_, root_));
        for (const std::string& name : tmpl_.kernels_off) spec.pod.kernels.push_back(make_off_kernel(name));
        spec.pod.cuda = cuda_of_image(tmpl_, lock_);
        if (const auto cuda = kernel::Version::parse(spec.pod.cuda))
            if (const auto driver = kernel::minimum_driver(*cuda, false)) spec.pod.minimum_driver = driver->to_string();
        std::vector<Error> errors = pod::check_pod_spec(spec.pod, tmpl_.file.filename());
        for (Error& error : errors) error.kind = ErrorKind::usage;
        if (!errors.empty()) throw BuildError(std::move(errors));
        for (const RuntimeProgram& program : facts_.runtime)
            if (tmpl_.console && program.path == nginx_path) spec.gateway_bundle = program.file.parent_path();
        Step step{.id = "pod", .summary = std::to_string(tmpl_.services.size()) + " services", .spec = PodSpecStep{}};
        KeysBelow kernels;
        for (const Step& other : plan_.steps) {
            const auto* kernel = std::get_if<KernelSpec>(&other.spec);
            if (kernel == nullptr) continue;
            spec.variants.push_back({kernel->kernel, kernel->arch, other.id, kernel->serves});
            step.needs.push_back(other.id);
            if (other.key)
                kernels.emplace_back(other.id, other.key->digest());
            else
                step.unresolved = "it names the variants of " + other.id + ", which is not resolved";
        }
        step.spec = spec;
        add_known(std::move(step), [&] { return pod_key(spec, kernels, contract(), compression_); });
    }

    void describe_image() {
        PlannedImage& image = plan_.image;
        image.environment = tmpl_.image.environment;
        image.labels = tmpl_.image.labels;
        image.annotations = tmpl_.image.annotations;
        image.user = tmpl_.image.user;
        // `python` in a shell or an SSH session is then the venv's; with several venvs, it is none of theirs.
        if (const auto venvs = venv_requests(tmpl_); venvs.size() == 1)
            image.path_prefix = venvs.front().venv + "/bin:";
        image.directory = tmpl_.image.directory;
        image.entrypoint = {"/opt/tmplbuild/launcher"};
        image.compression = tmpl_.image.compression;
        image.max_pull_size = tmpl_.image.max_pull_size;
        image.is_base_on_hosts = std::visit([](const auto& base) { return base.is_on_hosts; }, tmpl_.base);
        if (!tmpl_.kernels.empty()) {
            // What NVIDIA's container toolkit reads: the pod's GPUs, with compute and nvidia-smi.
            image.environment.try_emplace("NVIDIA_VISIBLE_DEVICES", "all");
            image.environment.try_emplace("NVIDIA_DRIVER_CAPABILITIES", "compute,utility");
        }
        if (tmpl_.console) image.exposed_ports.push_back(tmpl_.console_port);
        for (const auto& [service, pos] : tmpl_.services)
            if (service.port != 0) image.exposed_ports.push_back(service.port);
    }

    const Template& tmpl_;
    const Lock& lock_;
    const LocalFacts& facts_;
    Compression compression_;
    CompileRoot root_;
    Plan plan_;
    std::unordered_map<std::string, std::size_t> places_;  // of its steps, by id
};

}  // namespace

static std::string summary_of(const DebianBase& base) { return "debian " + base.suite; }
static std::string summary_of(const ImageBase& base) { return base.reference.to_string(); }
static std::string summary_of(const LayoutBase& base) { return base.path.filename(); }

Step plan_base(const Template& tmpl, const Lock& lock, const LocalFacts& facts) {
    Step step{.id = "base", .spec = BaseSpec{tmpl.base, {}, {}, {}, facts.base_image, facts.base_layers}};
    step.summary = std::visit([](const auto& base) { return summary_of(base); }, tmpl.base);
    if (!lock.base || lock.base->request != base_request(tmpl, facts)) {
        const bool is_image = std::holds_alternative<ImageBase>(tmpl.base);
        step.unresolved = is_image ? "its digest is not locked yet" : "its packages are not locked yet";
        return step;
    }
    const LockedBase& locked = *lock.base;
    BaseSpec spec{tmpl.base, locked, interpreters(tmpl), tmpl.repositories, facts.base_image, facts.base_layers};
    if (locked.kind == "debian")
        step.summary += ", " + std::to_string(locked.packages.size()) + " packages" + drawn_from(locked.suites);
    // Without layers it has not been made, so nothing was measured.
    if (!locked.diff_ids.empty() && locked.contract.python)
        step.summary += ", Python " + locked.contract.python->version;
    step.least_layers = std::max<std::size_t>({facts.base_layers, locked.diff_ids.size(), 1});
    for (const LockedPackage& package : locked.packages) step.estimated_bytes += package.size;
    step.work_bytes = 4 * step.estimated_bytes;  // installed, a package is about three to four times its size
    step.key = base_key(spec, tmpl.image.compression);
    step.spec = std::move(spec);
    return step;
}

Plan make_plan(const Template& tmpl, const Lock& lock, const LocalFacts& facts) {
    return Planner(tmpl, lock, facts).run();
}

}  // namespace tmplbuild
