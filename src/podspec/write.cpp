// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"
#include "podspec/names.hpp"
#include "podspec/pod_spec.hpp"

namespace tmplbuild::pod {

namespace {

json::array to_array(const std::vector<std::string>& list) {
    json::array out;
    for (const auto& text : list) out.emplace_back(text);
    return out;
}

// Adds members that differ from the default, so that the file says only what the template said.
class Members {
  public:
    void text(const char* key, const std::string& value, const std::string& usual = {}) {
        if (value != usual) object_[key] = value;
    }
    void number(const char* key, std::int64_t value, std::int64_t usual = 0) {
        if (value != usual) object_[key] = value;
    }
    void flag(const char* key, bool value) {
        if (value) object_[key] = true;
    }
    void list(const char* key, const std::vector<std::string>& value) {
        if (!value.empty()) object_[key] = to_array(value);
    }
    void object(const char* key, json::object value) {
        if (!value.empty()) object_[key] = std::move(value);
    }
    void array(const char* key, json::array value) {
        if (!value.empty()) object_[key] = std::move(value);
    }
    json::object take() { return std::move(object_); }

  private:
    json::object object_;
};

json::object write(const Probe& probe) {
    const Probe usual;
    Members out;
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
    Members out;
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
    Members out;
    json::object environment;
    for (const auto& [name, value] : service.environment) environment[name] = value;
    Members idle;
    idle.text("http", service.idle.http);
    idle.list("empty", service.idle.empty);
    out.text("name", service.name);
    out.list("command", service.command);
    out.text("directory", service.directory);
    out.object("environment", std::move(environment));
    out.array("generated_secrets", write(service.generated_secrets));
    out.text("user", service.user);
    if (service.umask) out.number("umask", *service.umask, -1);
    out.array("rlimits", write(service.rlimits));
    out.number("port", service.port);
    out.number("private_port", service.private_port);
    out.text("host", service.host, usual.host);
    out.flag("public", service.is_public);
    out.object("ready", write(service.ready));
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
    out.number("stop_grace_ms", service.stop_grace_ms, usual.stop_grace_ms);
    out.text("stop_signal", service.stop_signal, usual.stop_signal);
    return out.take();
}

json::object write(const Kernel& kernel) {
    json::array variants;
    for (const auto& variant : kernel.variants) {
        Members out;
        out.text("arch", variant.arch);
        out.text("directory", variant.directory);
        out.text("key", variant.key);
        out.text("table", variant.table);
        variants.push_back(out.take());
    }
    Members out;
    out.text("name", kernel.name);
    out.text("env_var", kernel.env_var);
    out.text("install", to_string(kernel.install));
    out.array("variants", std::move(variants));
    return out.take();
}

}  // namespace

std::string write_pod_spec(const PodSpec& spec) {
    json::array services;
    json::array kernels;
    for (const auto& service : spec.services) services.push_back(write(service));
    for (const auto& kernel : spec.kernels) kernels.push_back(write(kernel));
    Members out;
    out.number("version", spec.version);
    out.text("name", spec.name);
    out.array("services", std::move(services));
    out.array("kernels", std::move(kernels));
    out.number("console_port", spec.console_port);
    out.text("constraints", spec.constraints);
    out.number("stop_total_ms", spec.stop_total_ms, PodSpec{}.stop_total_ms);
    out.number("log_file_bytes", spec.log_file_bytes, PodSpec{}.log_file_bytes);
    out.number("log_files", spec.log_files, PodSpec{}.log_files);
    return json::canonical(out.take()) + "\n";
}

}  // namespace tmplbuild::pod
