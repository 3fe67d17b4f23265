// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>

#include "base/grammar.hpp"
#include "base/text.hpp"
#include "podspec/field_check.hpp"
#include "podspec/gateway_user.hpp"
#include "podspec/kernel_fields.hpp"
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
    void check_user(const Service& service);
    void check_limits(const Service& service);
    void check_probe(const Service& service, const Probe& probe, const std::string& key);
    void check_needs(const Service& service);
    void check_ports();
    void check_cycles();

    template <class Fields, class Owner>
    void check_fields(const std::string& who, const Fields& fields, const Owner& owner) {
        for (auto& [message, hint] : wrong_values(fields, owner)) error(who + message, std::move(hint));
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

// What a pod needs to choose a variant or to compile one. A kernel that is switched off has no compile.
void Checker::check_kernel(const Kernel& kernel) {
    const std::string who = "kernel '" + kernel.name + "': ";
    check_fields(who, kernel_fields, kernel);
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
}

void Checker::check_limits(const Service& service) {
    for (const auto& limit : service.rlimits) {
        if (!resource_number(limit.resource))
            error(service, "'" + limit.resource + "' is not a resource limit",
                  "one of " + join(resource_names(), ", "));
        if (limit.hard && (!limit.soft || *limit.soft > *limit.hard))
            error(service, "the soft limit of " + limit.resource + " is above its hard limit");
    }
}

// Whoever is the gateway's user tells the console who has asked for what.
void Checker::check_user(const Service& service) {
    if (spec_.console_port == 0) return;
    for (const std::string& part : split(service.user, ':'))
        if (parse_whole(part, gateway_uid, gateway_uid))
            error(service, "its user '" + service.user + "' is the gateway's own, " + std::to_string(gateway_uid),
                  "take another number");
}

void Checker::check_service(const Service& service) {
    if (!service.unusable.empty()) return error(service, service.unusable);
    check_fields("service '" + service.name + "': ", service_fields, service);
    check_user(service);
    check_limits(service);
    check_probe(service, service.ready, "ready");
    check_probe(service, service.health, "health");
    if (service.health.kind == Probe::Kind::log) error(service, "'health' cannot be a line of the log");
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
    if (port == spec_.console_port) return;
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
