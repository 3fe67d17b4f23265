// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"
#include "base/text.hpp"
#include "podspec/members.hpp"
#include "podspec/names.hpp"
#include "podspec/pod_spec.hpp"

namespace tmplbuild::pod {

namespace {

constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::int64_t day_ms = 24 * hour_ms;

void read_probe(const char* key, const json::object& object, Probe& probe, ReadMembers& parent,
                std::vector<std::string>& notes) {
    const std::string name(key);
    ReadMembers in(object, name + ".");
    bool tcp = false;
    in.flag("tcp", tcp);
    in.text("http", probe.http);
    in.list("exec", probe.exec);
    in.text("log", probe.log);
    in.port("port", probe.port);
    in.number("interval_ms", probe.interval_ms, 10, hour_ms);
    in.number("timeout_ms", probe.timeout_ms, 10, hour_ms);
    in.number("deadline_ms", probe.deadline_ms, 0, day_ms);
    const int kinds = int{tcp} + int{!probe.http.empty()} + int{!probe.exec.empty()} + int{!probe.log.empty()};
    if (kinds != 1 && in.problem.empty()) in.problem = name + " must have exactly one of http, tcp, exec and log";
    if (tcp) probe.kind = Probe::Kind::tcp;
    if (!probe.http.empty()) probe.kind = Probe::Kind::http;
    if (!probe.exec.empty()) probe.kind = Probe::Kind::exec;
    if (!probe.log.empty()) probe.kind = Probe::Kind::log;
    in.note_unknown(notes);
    if (parent.problem.empty()) parent.problem = in.problem;
}

void read_restart(const json::object& object, Restart& restart, ReadMembers& parent, std::vector<std::string>& notes) {
    ReadMembers in(object, "restart.");
    in.word("policy", restart.policy, parse_policy, "always, on-failure or never");
    in.number("budget", restart.budget, 0, 1'000'000);
    in.number("backoff_min_ms", restart.backoff_min_ms, 1, hour_ms);
    in.number("backoff_max_ms", restart.backoff_max_ms, 1, day_ms);
    in.number("stable_ms", restart.stable_ms, 0, day_ms);
    in.note_unknown(notes);
    if (parent.problem.empty()) parent.problem = in.problem;
}

std::optional<std::uint64_t> read_bound(const json::object& object, const char* key, bool& ok) {
    const auto* v = object.if_contains(key);
    if (v == nullptr || v->is_null()) return std::nullopt;
    boost::json::error_code code;
    const auto n = v->is_number() ? v->to_number<std::uint64_t>(code) : 0;
    ok = ok && v->is_number() && !code;
    return n;
}

void read_limits(const json::array& list, std::vector<ResourceLimit>& out, ReadMembers& parent) {
    for (const auto& element : list) {
        const auto* object = element.if_object();
        ResourceLimit limit;
        bool ok = object != nullptr;
        if (ok) {
            limit.resource = json::string_or(*object, "resource", "");
            limit.soft = read_bound(*object, "soft", ok);
            limit.hard = read_bound(*object, "hard", ok);
        }
        if (!ok) return parent.wrong("rlimits", "an array of {resource, soft, hard} with whole numbers or null");
        out.push_back(std::move(limit));
    }
}

void read_environment(const json::object& object, std::map<std::string, std::string>& out, ReadMembers& parent) {
    for (const auto& pair : object) {
        const std::string name(pair.key());
        const auto* text = pair.value().if_string();
        const bool ok = text != nullptr && !name.empty() && name.find_first_of(std::string_view("=\0", 2)) == name.npos;
        if (!ok || text->find('\0') != text->npos)
            return parent.wrong("environment." + name, "a variable name with a string value");
        out[name] = std::string(*text);
    }
}

void read_secrets(const json::array& list, std::vector<GeneratedSecret>& out, ReadMembers& parent) {
    auto usable = [](const std::string& name) { return name.find_first_of(std::string_view("=\0", 2)) == name.npos; };
    for (const auto& element : list) {
        const auto* object = element.if_object();
        GeneratedSecret secret;
        if (object != nullptr) {
            secret.variable = json::string_or(*object, "variable", "");
            secret.from = json::string_or(*object, "from", "");
        }
        if (secret.variable.empty() || !usable(secret.variable) || !usable(secret.from))
            return parent.wrong("generated_secrets", "an array of {variable, from} with variable names");
        out.push_back(std::move(secret));
    }
}

Service read_service(const json::value& value, std::size_t index, std::vector<std::string>& notes) {
    Service out;
    const auto* object = value.if_object();
    if (object == nullptr) {
        out.name = "service-" + std::to_string(index + 1);
        out.unusable = "services[" + std::to_string(index) + "] is not an object";
        return out;
    }
    ReadMembers in(*object, "");
    in.text("name", out.name);
    in.list("command", out.command);
    in.text("directory", out.directory);
    if (const auto* environment = in.object("environment")) read_environment(*environment, out.environment, in);
    if (const auto* secrets = in.array("generated_secrets")) read_secrets(*secrets, out.generated_secrets, in);
    in.text("user", out.user);
    if (in.find("umask") != nullptr) in.number("umask", out.umask.emplace(), 0, 0777);
    if (const auto* limits = in.array("rlimits")) read_limits(*limits, out.rlimits, in);
    in.port("port", out.port);
    in.port("private_port", out.private_port);
    in.text("host", out.host);
    in.flag("public", out.is_public);
    std::vector<std::string> inner;
    if (const auto* ready = in.object("ready")) read_probe("ready", *ready, out.ready, in, inner);
    if (const auto* health = in.object("health")) read_probe("health", *health, out.health, in, inner);
    in.number("health_failures", out.health_failures, 1, 1'000);
    in.list("needs", out.needs);
    in.flag("oneshot", out.oneshot);
    in.list("uses_kernels", out.uses_kernels);
    in.list("args_with_kernel", out.args_with_kernel);
    in.list("args_without_gpu", out.args_without_gpu);
    in.text("degraded_log", out.degraded_log);
    in.word("on_kernel_ready", out.on_kernel_ready, parse_on_kernel_ready, "notify, restart or restart-when-idle");
    if (const auto* idle = in.object("idle")) {
        ReadMembers members(*idle, "idle.");
        members.text("http", out.idle.http);
        members.list("empty", out.idle.empty);
        members.note_unknown(inner);
        if (in.problem.empty()) in.problem = members.problem;
    }
    if (const auto* restart = in.object("restart")) read_restart(*restart, out.restart, in, inner);
    in.flag("critical", out.critical);
    in.flag("logins", out.logins);
    in.number("stop_grace_ms", out.stop_grace_ms, 0, 600'000);
    in.text("stop_signal", out.stop_signal);
    in.note_unknown(inner);
    out.unusable = in.problem;
    if (out.name.empty()) out.name = "service-" + std::to_string(index + 1);
    for (const auto& note : inner) notes.push_back("service '" + out.name + "': " + note);
    return out;
}

Error unreadable(std::string message, const std::string& file, std::string hint = {}) {
    Error error = usage_error(std::move(message), std::move(hint));
    error.where = SourcePos{file, 0, 0};
    return error;
}

}  // namespace

Result<PodSpec> read_pod_spec(std::string_view text, const std::string& file) {
    auto value = json::parse(text, file);
    if (!value) return value.error();
    const auto* object = value->if_object();
    if (object == nullptr) return unreadable("pod.json is not an object", file);
    const auto version = json::get_int(*object, "version");
    if (!version || *version != pod_spec_version)
        return unreadable("pod.json has version " + (version ? std::to_string(*version) : std::string("(none)")) +
                              "; this launcher reads version " + std::to_string(pod_spec_version),
                          file, "launcher and pod.json come from one builder: build the image again");
    PodSpec spec;
    ReadMembers in(*object, "");
    in.find("version");
    in.text("name", spec.name);
    if (const auto* services = in.array("services"))
        for (std::size_t i = 0; i < services->size(); ++i)
            spec.services.push_back(read_service((*services)[i], i, spec.notes));
    if (const auto* kernels = in.array("kernels"))
        for (std::size_t i = 0; i < kernels->size(); ++i) read_kernel((*kernels)[i], i, spec);
    in.port("console_port", spec.console_port);
    in.text("constraints", spec.constraints);
    in.text("cuda", spec.cuda);
    in.text("minimum_driver", spec.minimum_driver);
    in.number("stop_total_ms", spec.stop_total_ms, 100, 600'000);
    in.number("log_file_bytes", spec.log_file_bytes, 100'000, 1'000'000'000);
    in.number("log_files", spec.log_files, 1, 100);
    in.note_unknown(spec.notes);
    // A wrong value beside the services must not keep them from starting: its default stands, and that is said.
    if (!in.problem.empty()) spec.notes.push_back(in.problem + "; its default is used");
    return spec;
}

}  // namespace tmplbuild::pod
