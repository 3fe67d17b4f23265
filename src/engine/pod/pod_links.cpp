// SPDX-License-Identifier: Apache-2.0
#include "engine/pod/pod_links.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "podspec/start_words.hpp"
#include "sys/random.hpp"

namespace tmplbuild {

namespace {

const pod::Service* service_of(const Template& tmpl, const PublishedPort& port) {
    for (const auto& [service, pos] : tmpl.services)
        if (service.name == port.service) return &service;
    return nullptr;
}

// Whether the line holds "NAME: ENDING…", after a time and a prefix.
bool tells_ending_of(std::string_view line, const std::string& name) {
    const std::string before = name + ": ";
    for (std::size_t at = 0; (at = line.find(before, at)) != std::string_view::npos; ++at) {
        if (at != 0 && line[at - 1] != ' ') continue;
        const std::string_view rest = line.substr(at + before.size());
        if (std::any_of(pod::start_endings.begin(), pod::start_endings.end(),
                        [&](auto ending) { return rest.starts_with(ending); }))
            return true;
    }
    return false;
}

constexpr const char* console_password = "CONSOLE_PASSWORD";

std::string console_link(const PublishedPort& port, const std::map<std::string, std::string>& environment) {
    std::string line = "console: http://127.0.0.1:" + std::to_string(port.host) + "/";
    for (const char* name : {console_password, "JUPYTER_PASSWORD"})
        if (const auto value = environment.find(name); value != environment.end())
            return line + "  " + name + "=" + value->second;
    return line;
}

bool speaks_http(const pod::Service& service) { return service.ready.kind == pod::Probe::Kind::http; }

}  // namespace

std::map<std::string, std::string> made_secrets(const Template& tmpl, const std::map<std::string, std::string>& known) {
    std::map<std::string, std::string> out;
    for (const auto& [service, pos] : tmpl.services)
        for (const pod::GeneratedSecret& secret : service.generated_secrets)
            if (!secret.from.empty() && !known.contains(secret.from) && !tmpl.image.environment.contains(secret.from))
                out.emplace(secret.from, sys::random_hex(24));
    const auto given = [&](const char* name) { return known.contains(name) || tmpl.image.environment.contains(name); };
    if (tmpl.console && !given(console_password) && !given("JUPYTER_PASSWORD") && !given("CONSOLE_AUTH"))
        out.emplace(console_password, sys::random_hex(24));
    return out;
}

std::string origins_on_other_ports(const Template& tmpl, const std::vector<PublishedPort>& ports) {
    std::string out;
    for (const PublishedPort& port : ports)
        if (tmpl.console && port.host != port.pod)
            out +=
                (out.empty() ? "" : " ") + std::to_string(port.pod) + "=http://127.0.0.1:" + std::to_string(port.host);
    return out;
}

std::vector<std::string> pod_links(const Template& tmpl, const std::vector<PublishedPort>& ports,
                                   const std::map<std::string, std::string>& environment) {
    std::vector<std::string> out;
    for (const PublishedPort& port : ports) {
        if (tmpl.console && port.pod == tmpl.console_port) out.push_back(console_link(port, environment));
        const pod::Service* service = service_of(tmpl, port);
        if (service == nullptr) continue;
        std::string address = "127.0.0.1:" + std::to_string(port.host), behind;
        const bool is_behind_gateway = tmpl.console && !service->is_public;
        if (is_behind_gateway || speaks_http(*service)) address = "http://" + address + "/";
        if (is_behind_gateway) {  // the console's sign-in opens it
            out.push_back(service->name + ": " + address);
            continue;
        }
        for (const pod::GeneratedSecret& secret : service->generated_secrets) {
            const auto value = environment.find(secret.from);
            if (value == environment.end()) continue;
            if (speaks_http(*service) && secret.variable.ends_with("TOKEN"))
                address += "?token=" + percent_encoded(value->second);
            else
                behind += "  " + secret.from + "=" + value->second;
        }
        std::string line = service->name;
        line += ": ";
        line += address;
        line += behind;
        out.push_back(std::move(line));
    }
    return out;
}

StartWatch::StartWatch(const Template& tmpl, const std::vector<PublishedPort>& ports) {
    for (const PublishedPort& port : ports)
        if (service_of(tmpl, port) != nullptr) waiting_.insert(port.service);
}

bool StartWatch::completes(std::string_view line) {
    for (const std::string& name : waiting_) {
        if (!tells_ending_of(line, name)) continue;
        waiting_.erase(name);
        return waiting_.empty();
    }
    return false;
}

}  // namespace tmplbuild
