// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.hpp"

#include <algorithm>

#include "plan/keys.hpp"
#include "plan/pod.hpp"

namespace tmplbuild {

static Compression compression_of(const ImageOptions& image) {
    return image.compression == CompressionKind::gzip ? Compression::gzip : Compression::zstd;
}

const char* Step::kind() const {
    static constexpr const char* names[] = {"base",   "files", "fetch",  "git",     "apt",
                                            "python", "run",   "kernel", "runtime", "pod"};
    static_assert(std::variant_size_v<decltype(spec)> == std::size(names));
    return names[spec.index()];
}

const Step* Plan::find(const std::string& id) const {
    auto found = std::find_if(steps.begin(), steps.end(), [&](const Step& step) { return step.id == id; });
    return found == steps.end() ? nullptr : &*found;
}

const DebianBase* debian_base(const Template& tmpl) { return std::get_if<DebianBase>(&tmpl.base); }

Digest base_request(const Template& tmpl) {
    const DebianBase& base = *debian_base(tmpl);
    return CanonicalKey().add("suite", base.suite).add("packages", base.packages).digest();
}

void refuse_unbuildable(const Template& tmpl) {
    std::vector<Error> errors;
    auto refuse = [&](const std::string& what, const SourcePos& where) {
        Error error = usage_error(what + " cannot be built by this release", "take it out of the template");
        error.where = where;
        errors.push_back(std::move(error));
    };
    for (const Unbuildable& key : tmpl.unbuildable) refuse("'" + key.key + "'", key.pos);
    if (std::holds_alternative<LayoutBase>(tmpl.base)) refuse("'base.layout'", tmpl.base_pos);
    for (const Layer& layer : tmpl.layers)
        if (!std::holds_alternative<FilesLayer>(layer.body))
            refuse(std::string("a layer with use = \"") + layer.kind() + "\"", layer.pos);
    for (const KernelUse& kernel : tmpl.kernels) refuse("the kernel '" + kernel.name + "'", kernel.pos);
    if (!errors.empty()) throw BuildError(std::move(errors));
}

namespace {

class Planner {
  public:
    Planner(const Template& tmpl, const Lock& lock, const LocalFacts& facts)
        : tmpl_(tmpl), lock_(lock), facts_(facts), compression_(compression_of(tmpl.image)) {}

    Plan run() {
        plan_.name = tmpl_.name;
        add_base();
        for (const Layer& layer : tmpl_.layers) add_files(layer);
        add_runtime();
        add_pod();
        describe_image();
        return std::move(plan_);
    }

  private:
    bool has_contract() const { return lock_.base && !lock_.base->contract.distribution.empty(); }
    const BaseContract& contract() const { return lock_.base->contract; }

    // Known layers need the base's facts for their keys, and nothing else of it.
    template <class Key>
    void add_known(Step step, Key key) {
        if (has_contract()) {
            step.key = key();
        } else {
            step.unresolved = "the base has not been made yet, so its facts are not known";
        }
        plan_.steps.push_back(std::move(step));
    }

    void add_base() {
        const DebianBase& base = *debian_base(tmpl_);
        Step step{.id = "base", .summary = "debian " + base.suite, .spec = BaseSpec{tmpl_.base, {}}};
        const bool locked = lock_.base && lock_.base->request == base_request(tmpl_);
        if (locked) {
            const BaseSpec spec{tmpl_.base, *lock_.base};
            step.summary += ", " + std::to_string(lock_.base->packages.size()) + " packages";
            for (const LockedPackage& package : lock_.base->packages) step.estimated_bytes += package.size;
            step.key = base_key(spec, compression_);
            step.spec = spec;
        } else {
            step.unresolved = "its packages are not locked yet";
        }
        plan_.steps.push_back(std::move(step));
    }

    void add_files(const Layer& layer) {
        const std::string id = "files:" + layer.name;
        const FilesSpec spec{std::get<FilesLayer>(layer.body), facts_.files.at(id)};
        Step step{.id = id, .summary = std::to_string(spec.layer.items.size()) + " sources", .spec = spec};
        add_known(std::move(step), [&] { return files_key(spec, contract(), compression_); });
    }

    void add_runtime() {
        const RuntimeSpec spec{facts_.launcher, facts_.launcher_digest};
        add_known({.id = "runtime", .summary = "the launcher", .spec = spec},
                  [&] { return runtime_key(spec, contract(), compression_); });
    }

    void add_pod() {
        const PodSpecStep spec{make_pod_spec(tmpl_)};
        std::vector<Error> errors = pod::check_pod_spec(spec.pod, tmpl_.file.filename());
        for (Error& error : errors) error.kind = ErrorKind::usage;
        if (!errors.empty()) throw BuildError(std::move(errors));
        add_known({.id = "pod", .summary = std::to_string(spec.pod.services.size()) + " services", .spec = spec},
                  [&] { return pod_key(spec, contract(), compression_); });
    }

    void describe_image() {
        PlannedImage& image = plan_.image;
        image.environment = tmpl_.image.environment;
        image.environment.try_emplace("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        image.labels = tmpl_.image.labels;
        image.annotations = tmpl_.image.annotations;
        image.directory = tmpl_.image.directory;
        image.entrypoint = {"/opt/tmplbuild/launcher"};
        image.compression = tmpl_.image.compression;
        for (const Service& service : tmpl_.services)
            if (service.port) image.exposed_ports.push_back(*service.port);
    }

    const Template& tmpl_;
    const Lock& lock_;
    const LocalFacts& facts_;
    Compression compression_;
    Plan plan_;
};

}  // namespace

Plan make_plan(const Template& tmpl, const Lock& lock, const LocalFacts& facts) {
    return Planner(tmpl, lock, facts).run();
}

}  // namespace tmplbuild
