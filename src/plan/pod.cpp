// SPDX-License-Identifier: Apache-2.0
#include "plan/pod.hpp"

namespace tmplbuild {

static pod::Probe probe_of(const Probe& wanted) {
    pod::Probe probe;
    if (const auto* http = std::get_if<HttpProbe>(&wanted)) {
        probe.kind = pod::Probe::Kind::http;
        probe.http = http->path;
    } else if (const auto* exec = std::get_if<ExecProbe>(&wanted)) {
        probe.kind = pod::Probe::Kind::exec;
        probe.exec = exec->command;
    } else if (const auto* log = std::get_if<LogProbe>(&wanted)) {
        probe.kind = pod::Probe::Kind::log;
        probe.log = log->contains;
    } else {
        probe.kind = pod::Probe::Kind::tcp;
    }
    return probe;
}

static void add_probes(const Service& service, pod::Service& out) {
    if (service.ready) {
        out.ready = probe_of(*service.ready);
        out.ready.deadline_ms = std::int64_t{service.ready_timeout_seconds} * 1000;
    }
    if (!service.health) return;
    out.health = probe_of(service.health->probe);
    out.health.interval_ms = std::int64_t{service.health->interval_seconds} * 1000;
    out.health_failures = service.health->failures;
}

static pod::Restart restart_of(const Service& service) {
    pod::Restart restart;
    if (service.restart == "always") restart.policy = pod::Restart::Policy::always;
    if (service.restart == "on-failure") restart.policy = pod::Restart::Policy::on_failure;
    if (service.restart == "never") restart.policy = pod::Restart::Policy::never;
    return restart;
}

static pod::OnKernelReady on_kernel_ready_of(const Service& service) {
    switch (service.on_kernel_ready) {
        case OnKernelReady::notify:
            return pod::OnKernelReady::notify;
        case OnKernelReady::restart:
            return pod::OnKernelReady::restart;
        case OnKernelReady::restart_when_idle:
            return pod::OnKernelReady::restart_when_idle;
    }
    return pod::OnKernelReady::notify;
}

static pod::Service service_of(const Service& service) {
    pod::Service out;
    out.name = service.name;
    out.command = service.command;
    out.directory = service.directory;
    out.environment = service.environment;
    for (const ServiceSecret& secret : service.secrets) out.generated_secrets.push_back({secret.variable, secret.from});
    out.user = service.user;
    out.port = service.port.value_or(0);
    out.host = "0.0.0.0";  // it serves its public port itself: this release has no gateway in front of it
    out.is_public = service.is_public;
    add_probes(service, out);
    out.umask = service.umask;
    for (const ServiceLimit& limit : service.limits) out.rlimits.push_back({limit.resource, limit.value, limit.value});
    out.needs = service.needs;
    out.oneshot = service.oneshot;
    out.uses_kernels = service.uses_kernels;
    out.args_with_kernel = service.args_with_kernel;
    out.args_without_gpu = service.args_without_gpu;
    out.degraded_log = service.degraded_log;
    out.on_kernel_ready = on_kernel_ready_of(service);
    out.idle = {service.idle_http, service.idle_empty};
    out.restart = restart_of(service);
    out.critical = service.critical;
    out.logins = service.logins;
    out.stop_grace_ms = std::int64_t{service.stop_grace_seconds} * 1000;
    return out;
}

std::string install_variable(const std::string& kernel) {
    std::string out = "INSTALL_";
    for (const char c : kernel) {
        const bool lower = c >= 'a' && c <= 'z';
        const bool kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        out += lower ? static_cast<char>(c - 'a' + 'A') : kept ? c : '_';
    }
    return out;
}

pod::PodSpec make_pod_spec(const Template& tmpl) {
    pod::PodSpec spec;
    spec.name = tmpl.name;
    for (const Service& service : tmpl.services) spec.services.push_back(service_of(service));
    return spec;
}

}  // namespace tmplbuild
