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

bool speaks_http(const pod::Service& service) { return service.ready.kind == pod::Probe::Kind::http; }

}  // namespace

std::map<std::string, std::string> made_secrets(const Template& tmpl, const std::map<std::string, std::string>& known) {
    std::map<std::string, std::string> out;
    for (const auto& [service, pos] : tmpl.services)
        for (const pod::GeneratedSecret& secret : service.generated_secrets)
            if (!secret.from.empty() && !known.contains(secret.from) && !tmpl.image.environment.contains(secret.from))
                out.emplace(secret.from, sys::random_hex(24));
    return out;
}

std::vector<std::string> pod_links(const Template& tmpl, const std::vector<PublishedPort>& ports,
                                   const std::map<std::string, std::string>& environment) {
    std::vector<std::string> out;
    for (const PublishedPort& port : ports) {
        const pod::Service* service = service_of(tmpl, port);
        if (service == nullptr) continue;
        std::string address = "127.0.0.1:" + std::to_string(port.host), behind;
        if (speaks_http(*service)) address = "http://" + address + "/";
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
