// SPDX-License-Identifier: Apache-2.0
#include "runpod/pod_template.hpp"

#include <algorithm>

#include "kernel/version.hpp"
#include "podspec/names.hpp"
#include "runpod/platform.hpp"

namespace tmplbuild::runpod {

namespace {

constexpr std::uint64_t gb = 1'000'000'000;

bool is_plain_word(const std::string& word) {
    return !word.empty() && word.find_first_not_of(
                                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./:=@%+,") == std::string::npos;
}

std::string quoted_word(const std::string& word) {
    if (is_plain_word(word)) return word;
    std::string out = "'";
    for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

// SSH, as the recipe sshd brings it: people log in through it, and it is asked for no page.
bool is_ssh(const pod::Service& service) {
    return service.port != 0 && service.is_public && service.logins && service.ready.kind != pod::Probe::Kind::http;
}

// The console's password is JUPYTER_PASSWORD where nothing else is set, and so is JupyterLab's token.
bool takes_the_jupyter_password(const pod::PodSpec& spec) {
    if (spec.console_port != 0) return true;
    for (const pod::Service& service : spec.services)
        for (const pod::GeneratedSecret& secret : service.generated_secrets)
            if (secret.from == "JUPYTER_PASSWORD" || secret.variable == "JUPYTER_PASSWORD") return true;
    return false;
}

std::map<std::string, std::string> environment_of(const RunpodOptions& options, const pod::PodSpec& spec) {
    std::map<std::string, std::string> out = options.environment;
    for (const auto& [variable, secret] : options.secrets)
        out[variable] = std::string(secret_prefix) + secret + std::string(secret_suffix);
    for (const pod::Kernel& kernel : spec.kernels)
        if (!kernel.env_var.empty()) out.try_emplace(kernel.env_var, pod::to_string(kernel.install));
    return out;
}

}  // namespace

std::string Port::to_string() const { return std::to_string(number) + (is_http ? "/http" : "/tcp"); }

std::string quoted_words(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : " ") + quoted_word(word);
    return out;
}

bool has_ssh(const pod::PodSpec& spec) { return std::any_of(spec.services.begin(), spec.services.end(), is_ssh); }

std::vector<Port> ports_of(const pod::PodSpec& spec, const std::vector<std::uint16_t>& tcp) {
    std::vector<Port> out;
    if (spec.console_port != 0) out.push_back({spec.console_port, true, "console"});
    for (const pod::Service& service : spec.services) {
        if (service.port == 0 || service.port == spec.console_port) continue;
        const bool is_tcp = is_ssh(service) || std::find(tcp.begin(), tcp.end(), service.port) != tcp.end();
        out.push_back({service.port, !is_tcp, service.name});
    }
    return out;
}

std::vector<std::string> versions_from(std::string_view floor) {
    const auto least = kernel::Version::parse(floor);
    std::vector<std::string> out;
    if (!least) return out;
    for (const std::string_view version : cuda_versions)
        if (*kernel::Version::parse(version) >= *least) out.emplace_back(version);
    return out;
}

std::uint64_t disk_for(std::uint64_t unpacked) {
    const std::uint64_t wanted = unpacked + unpacked / 10 + 10 * gb;
    return (wanted + 5 * gb - 1) / (5 * gb) * 5;
}

PodTemplate make_pod_template(const RunpodOptions& options, const std::string& name, const ImageFacts& image) {
    PodTemplate out;
    out.name = options.name.empty() ? name : options.name;
    out.image = image.reference;
    out.args = quoted_words(options.args);
    out.disk_gb = options.disk_gb ? *options.disk_gb : disk_for(image.unpacked);
    out.volume_gb = options.volume_gb.value_or(0);
    out.environment = environment_of(options, image.spec);
    out.ports = ports_of(image.spec, options.tcp_ports);
    out.registry = options.registry;
    out.category = options.category.empty() ? "NVIDIA" : options.category;
    out.cuda_versions = options.cuda_versions.empty() ? versions_from(image.spec.cuda) : options.cuda_versions;
    if (out.category != "NVIDIA") out.cuda_versions.clear();
    out.is_public = options.is_public;
    out.start_ssh = has_ssh(image.spec);
    out.start_jupyter = takes_the_jupyter_password(image.spec);
    return out;
}

json::object PodTemplate::to_json() const {
    json::object env;
    for (const auto& [variable, value] : environment) env[variable] = value;
    json::array port_list, versions;
    for (const Port& port : ports) port_list.emplace_back(port.to_string());
    for (const std::string& version : cuda_versions) versions.emplace_back(version);
    json::object out{{"name", name},
                     {"image", image},
                     {"args", args},
                     {"disk", disk_gb},
                     {"env", std::move(env)},
                     {"ports", std::move(port_list)},
                     {"registry", registry.empty() ? json::value() : json::value(registry)},
                     {"mounts", json::object{}},
                     {"public", is_public},
                     {"serverless", false},
                     {"category", category},
                     {"allowedCudaVersions", std::move(versions)},
                     {"startSsh", start_ssh},
                     {"startJupyter", start_jupyter}};
    if (volume_gb != 0)
        out["mounts"] = json::object{{"persistent", json::object{{"size", volume_gb}, {"path", mount_path}}}};
    return out;
}

}  // namespace tmplbuild::runpod
