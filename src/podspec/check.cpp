// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>

#include "base/grammar.hpp"
#include "base/text.hpp"
#include "podspec/names.hpp"
#include "podspec/needs.hpp"
#include "podspec/placeholders.hpp"
#include "podspec/service_fields.hpp"

namespace tmplbuild::pod {

namespace {

class Checker {
  public:
    Checker(const PodSpec& spec, const std::string& file) : spec_(spec), file_(file) {}

    std::vector<Error> run() {
        for (const auto& service : spec_.services) names_.push_back(service.name);
        check_names();
        for (const auto& kernel : spec_.kernels) check_kernel(kernel);
        for (const auto& service : spec_.services) check_service(service);
        check_ports();
        check_cycles();
        return std::move(errors_);
    }

  private:
    void error(const std::string& message, std::string hint = {}) {
        Error e = usage_error(message, std::move(hint));
        e.where = SourcePos{file_, 0, 0};
        errors_.push_back(std::move(e));
    }
    void error(const Service& service, const std::string& message, std::string hint = {}) {
        error("service '" + service.name + "': " + message, std::move(hint));
    }
    void check_names();
    void check_kernel(const Kernel& kernel);
    void check_service(const Service& service);
    void check_probe(const Service& service, const Probe& probe, const std::string& key);
    void check_needs(const Service& service);
    void check_ports();
    void check_cycles();

    // One field by its kind, as far as no other field is needed; `prefix` is that of the table it stands in.
    template <class Fields, class Owner>
    void check_fields(const Service& service, const std::string& prefix, const Fields& fields, const Owner& owner) {
        for_each_field(fields, [&](const auto& field) {
            check_value(service, prefix + field.key, field.kind, owner.*field.member);
        });
    }
    template <class Kind, class Value>
    void check_value(const Service&, const std::string&, const Kind&, const Value&) {}
    void check_value(const Service& service, const std::string& key, const Directory&, const std::string& path) {
        if (!path.empty() && path.front() != '/') error(service, key + " '" + path + "' is not an absolute path");
    }
    void check_value(const Service& service, const std::string& key, const UrlPath&, const std::string& path) {
        if (!path.empty() && path.front() != '/')
            error(service, key + " '" + path + "' is not a path", "it starts with '/'");
    }
    void check_value(const Service& service, const std::string& key, const Command&,
                     const std::vector<std::string>& command) {
        if (command.empty() || command.front().empty()) error(service, "it has no " + key);
    }
    void check_value(const Service& service, const std::string& key, const Limits&,
                     const std::vector<ResourceLimit>& limits);
    template <const auto& Fields, class Value>
    void check_value(const Service& service, const std::string& key, const Object<Fields>&, const Value& inner) {
        check_fields(service, key + ".", Fields, inner);
    }
    void check_value(const Service& service, const std::string& key, const ReadyProbe&, const Probe& probe) {
        check_fields(service, key + ".", probe_fields, probe);
        check_probe(service, probe, key);
    }
    void check_value(const Service& service, const std::string& key, const HealthProbe&, const Probe& probe) {
        check_fields(service, key + ".", probe_fields, probe);
        check_probe(service, probe, key);
        if (probe.kind == Probe::Kind::log) error(service, "'" + key + "' cannot be a line of the log");
    }

    const PodSpec& spec_;
    std::string file_;
    std::vector<std::string> names_;
    std::vector<Error> errors_;
};

void Checker::check_names() {
    std::set<std::string> seen;
    for (const auto& name : names_) {
        if (!is_name(name))
            error("'" + name + "' is not a service name",
                  "lower-case letters, digits, '.', '_' and '-', a letter or digit first, at most 63");
        if (!seen.insert(name).second) error("two services are named '" + name + "'");
    }
    seen.clear();
    for (const auto& kernel : spec_.kernels)
        if (!seen.insert(kernel.name).second) error("two kernels are named '" + kernel.name + "'");
}

// What a pod needs to choose a variant or to compile one. A kernel may lack a compile altogether (install = "false").
void Checker::check_kernel(const Kernel& kernel) {
    const std::string who = "kernel '" + kernel.name + "': ";
    auto absolute = [&](const char* what, const std::string& path) {
        if (!path.empty() && path.front() != '/') error(who + what + " '" + path + "' is not an absolute path");
    };
    std::set<std::string> archs;
    for (const auto& arch : kernel.archs)
        if (!archs.insert(arch.arch).second) error(who + "two archs are '" + arch.arch + "'");
    std::set<std::string> seen;
    for (const auto& capability : kernel.capabilities) {
        if (!seen.insert(capability.capability).second)
            error(who + "two entries are for the capability " + capability.capability);
        if (!archs.contains(capability.arch))
            error(who + "the capability " + capability.capability + " is built as '" + capability.arch +
                  "', which is none of its archs");
    }
    for (const auto& refusal : kernel.refused)
        if (seen.contains(refusal.capability))
            error(who + "the capability " + refusal.capability + " is served and refused");
    for (const auto& variant : kernel.variants) absolute("a variant's directory", variant.directory);
    absolute("the source's directory", kernel.source.directory);
    absolute("the fallback's directory", kernel.fallback.directory);
    absolute("the self-test", kernel.selftest);
    for (const auto* list : {&kernel.build.toolchain, &kernel.build.requirements})
        for (const auto& file : *list)
            if (file.sha256.size() != 64 || file.sha256.find_first_not_of("0123456789abcdef") != std::string::npos ||
                file.project.empty() || file.file.empty())
                error(who + "the wheel '" + file.file + "' has no project, name or sha256");
}

void Checker::check_value(const Service& service, const std::string&, const Limits&,
                          const std::vector<ResourceLimit>& limits) {
    for (const auto& limit : limits) {
        if (!resource_number(limit.resource))
            error(service, "'" + limit.resource + "' is not a resource limit",
                  "one of " + join(resource_names(), ", "));
        if (limit.hard && (!limit.soft || *limit.soft > *limit.hard))
            error(service, "the soft limit of " + limit.resource + " is above its hard limit");
    }
}

void Checker::check_service(const Service& service) {
    if (!service.unusable.empty()) return error(service, service.unusable);
    check_fields(service, "", service_fields, service);
    if (service.restart.backoff_min_ms > service.restart.backoff_max_ms)
        error(service, "restart.backoff_min_ms is above restart.backoff_max_ms");
    if (service.private_port != 0 && service.port == 0) error(service, "it has a private_port and no port");
    check_needs(service);
    for (const auto& kernel : service.uses_kernels) {
        bool known = false;
        for (const auto& k : spec_.kernels) known = known || k.name == kernel;
        if (!known) error(service, "it uses the kernel '" + kernel + "', which the image does not have");
    }
    if (auto expanded = expand_service(service, file_); !expanded) errors_.push_back(expanded.error());
}

void Checker::check_probe(const Service& service, const Probe& probe, const std::string& key) {
    if (probe.kind == Probe::Kind::none) return;
    if (service.oneshot) error(service, "a oneshot is ready when it has ended; it cannot have '" + key + "'");
    if (probe.kind != Probe::Kind::http && probe.kind != Probe::Kind::tcp) return;
    const std::string what = key == "ready" ? "readiness probe" : "health probe";
    const std::uint16_t port = probe.port != 0 ? probe.port : service.bind_port();
    if (port == 0) return error(service, "its " + what + " needs a port, and the service has none");
    for (const auto& other : spec_.services)
        if (port == other.bind_port()) return;
    error(service, "its " + what + " asks port " + std::to_string(port) + ", on which no service listens");
}

void Checker::check_needs(const Service& service) {
    std::set<std::string> seen;
    for (const auto& need : service.needs) {
        bool known = false;
        for (const auto& name : names_) known = known || name == need;
        if (!known) error(service, "it needs '" + need + "', which does not exist", did_you_mean(need, names_));
        if (!seen.insert(need).second) error(service, "it needs '" + need + "' twice");
    }
    if (!service.idle.http.empty() && service.bind_port() == 0)
        error(service, "its idle probe needs a port, and the service has none");
}

void Checker::check_ports() {
    std::map<std::uint16_t, std::string> owners;
    if (spec_.console_port != 0) owners[spec_.console_port] = "the console";
    auto claim = [&](const Service& service, std::uint16_t port) {
        if (port == 0) return;
        const auto [owner, fresh] = owners.emplace(port, "service '" + service.name + "'");
        if (!fresh)
            error("port " + std::to_string(port) + " is used by " + owner->second + " and by service '" + service.name +
                  "'");
    };
    for (const auto& service : spec_.services) {
        claim(service, service.port);
        if (service.private_port != service.port) claim(service, service.private_port);
    }
}

void Checker::check_cycles() {
    std::vector<const Service*> services;
    for (const auto& service : spec_.services) services.push_back(&service);
    for (const auto& circle : circles_of_needs(services))
        error("services need each other in a circle: " + join(circle, " -> "));
}

}  // namespace

std::vector<Error> check_pod_spec(const PodSpec& spec, const std::string& file) { return Checker(spec, file).run(); }

}  // namespace tmplbuild::pod
