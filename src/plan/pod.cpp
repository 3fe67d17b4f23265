// SPDX-License-Identifier: Apache-2.0
#include "plan/pod.hpp"

#include <set>

namespace tmplbuild {

std::string install_variable(const std::string& kernel) {
    std::string out = "INSTALL_";
    for (const char c : kernel) {
        const bool lower = c >= 'a' && c <= 'z';
        const bool kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        out += lower ? static_cast<char>(c - 'a' + 'A') : kept ? c : '_';
    }
    return out;
}

// Ports behind the gateway: people have them in no list, and programs choose others by themselves.
static constexpr std::uint16_t first_private_port = 41000;

static pod::Service gateway_service(const Template& tmpl) {
    pod::Service service;
    service.name = "gateway";
    service.command = {"/opt/tmplbuild/gateway/start"};
    service.ready.kind = pod::Probe::Kind::tcp;
    service.ready.port = tmpl.console_port;
    return service;
}

static pod::Service console_service() {
    pod::Service service;
    service.name = "console";
    service.command = {"/opt/tmplbuild/console/tmplbuild-console"};
    service.ready.kind = pod::Probe::Kind::log;
    service.ready.log = "console: listening";
    return service;
}

pod::PodSpec make_pod_spec(const Template& tmpl) {
    pod::PodSpec spec;
    spec.name = tmpl.name;
    std::set<std::uint16_t> taken;
    if (tmpl.console) {
        spec.console_port = tmpl.console_port;
        taken.insert(tmpl.console_port);
        // They come first, so that a person sees something while the others start.
        spec.services = {gateway_service(tmpl), console_service()};
    }
    for (const auto& [service, pos] : tmpl.services) taken.insert(service.port);
    for (const auto& [service, pos] : tmpl.services) {
        pod::Service& made = spec.services.emplace_back(service);
        if (!tmpl.console || service.is_public) {
            made.host = "0.0.0.0";
        } else if (service.port != 0) {
            made.private_port = first_private_port;
            while (!taken.insert(made.private_port).second) ++made.private_port;
        }
    }
    return spec;
}

}  // namespace tmplbuild
