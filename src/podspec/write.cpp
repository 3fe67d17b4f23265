// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"
#include "podspec/members.hpp"
#include "podspec/names.hpp"
#include "podspec/pod_spec.hpp"

namespace tmplbuild::pod {

namespace {

json::object write(const Probe& probe) {
    const Probe usual;
    WriteMembers out;
    if (probe.kind == Probe::Kind::none) return {};
    if (probe.kind == Probe::Kind::tcp) out.flag("tcp", true);
    out.text("http", probe.http);
    out.list("exec", probe.exec);
    out.text("log", probe.log);
    out.number("port", probe.port);
    out.number("interval_ms", probe.interval_ms, usual.interval_ms);
    out.number("timeout_ms", probe.timeout_ms, usual.timeout_ms);
    out.number("deadline_ms", probe.deadline_ms, usual.deadline_ms);
    return out.take();
}

json::object write(const Restart& restart) {
    const Restart usual;
    WriteMembers out;
    out.text("policy", to_string(restart.policy), to_string(usual.policy));
    out.number("budget", restart.budget, usual.budget);
    out.number("backoff_min_ms", restart.backoff_min_ms, usual.backoff_min_ms);
    out.number("backoff_max_ms", restart.backoff_max_ms, usual.backoff_max_ms);
    out.number("stable_ms", restart.stable_ms, usual.stable_ms);
    return out.take();
}

json::array write(const std::vector<ResourceLimit>& limits) {
    json::array out;
    auto bound = [](const std::optional<std::uint64_t>& value) { return value ? json::value(*value) : json::value(); };
    for (const auto& limit : limits)
        out.push_back(
            json::object{{"resource", limit.resource}, {"soft", bound(limit.soft)}, {"hard", bound(limit.hard)}});
    return out;
}

json::array write(const std::vector<GeneratedSecret>& secrets) {
    json::array out;
    for (const auto& secret : secrets)
        out.push_back(json::object{{"variable", secret.variable}, {"from", secret.from}});
    return out;
}

json::object write(const Service& service) {
    const Service usual;
    WriteMembers out;
    WriteMembers idle;
    idle.text("http", service.idle.http);
    idle.list("empty", service.idle.empty);
    out.text("name", service.name);
    out.list("command", service.command);
    out.text("directory", service.directory);
    out.texts("environment", service.environment);
    out.array("generated_secrets", write(service.generated_secrets));
    out.text("user", service.user);
    if (service.umask) out.number("umask", *service.umask, -1);
    out.array("rlimits", write(service.rlimits));
    out.number("port", service.port);
    out.number("private_port", service.private_port);
    out.text("host", service.host, usual.host);
    out.flag("public", service.is_public);
    out.object("ready", write(service.ready));
    out.object("health", write(service.health));
    out.number("health_failures", service.health_failures, usual.health_failures);
    out.list("needs", service.needs);
    out.flag("oneshot", service.oneshot);
    out.list("uses_kernels", service.uses_kernels);
    out.list("args_with_kernel", service.args_with_kernel);
    out.list("args_without_gpu", service.args_without_gpu);
    out.text("degraded_log", service.degraded_log);
    out.text("on_kernel_ready", to_string(service.on_kernel_ready), to_string(usual.on_kernel_ready));
    out.object("idle", idle.take());
    out.object("restart", write(service.restart));
    out.flag("critical", service.critical);
    out.flag("logins", service.logins);
    out.number("stop_grace_ms", service.stop_grace_ms, usual.stop_grace_ms);
    out.text("stop_signal", service.stop_signal, usual.stop_signal);
    return out.take();
}

}  // namespace

std::string write_pod_spec(const PodSpec& spec) {
    json::array services;
    json::array kernels;
    for (const auto& service : spec.services) services.push_back(write(service));
    for (const auto& kernel : spec.kernels) kernels.push_back(write_kernel(kernel));
    WriteMembers out;
    out.number("version", spec.version);
    out.text("name", spec.name);
    out.array("services", std::move(services));
    out.array("kernels", std::move(kernels));
    out.number("console_port", spec.console_port);
    out.text("constraints", spec.constraints);
    out.text("cuda", spec.cuda);
    out.text("minimum_driver", spec.minimum_driver);
    out.number("stop_total_ms", spec.stop_total_ms, PodSpec{}.stop_total_ms);
    out.number("log_file_bytes", spec.log_file_bytes, PodSpec{}.log_file_bytes);
    out.number("log_files", spec.log_files, PodSpec{}.log_files);
    return json::canonical(out.take()) + "\n";
}

}  // namespace tmplbuild::pod
