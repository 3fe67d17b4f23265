// SPDX-License-Identifier: Apache-2.0
#include "console/pod/pod_view.hpp"

#include <algorithm>
#include <cmath>

#include "console/pod/kernel_words.hpp"
#include "console/pod/original_fields.hpp"

namespace tmplbuild::console {

namespace {

template <class Number>
json::value number_or_null(const std::optional<Number>& number) {
    return number ? json::value(*number) : json::value();
}

json::value text_or_null(const std::optional<std::string>& text) { return text ? json::value(*text) : json::value(); }

json::array texts_of(const std::vector<std::string>& list) {
    json::array out;
    for (const std::string& text : list) out.emplace_back(text);
    return out;
}

const pod::Service* find_service(const ViewFacts& facts, const std::string& name) {
    if (facts.spec == nullptr) return nullptr;
    for (const pod::Service& service : facts.spec->services)
        if (service.name == name) return &service;
    return nullptr;
}

json::object pod_part(const ViewFacts& facts, const status::Snapshot& snapshot) {
    // While the launcher is silent nobody knows what the pod does as a whole.
    const bool known = facts.snapshot != nullptr && facts.launcher.kind == LauncherState::Kind::connected;
    const std::string name = !snapshot.pod.empty() || facts.spec == nullptr ? snapshot.pod : facts.spec->name;
    return {{"name", name},
            {"id", facts.pod_id},
            {"state", known ? snapshot.state : "unknown"},
            {"progress", snapshot.progress},
            {"now", facts.now},
            {"started", snapshot.started}};
}

json::object host_part(const ViewFacts& facts, const status::Snapshot& snapshot) {
    json::object out = status::to_json(snapshot.host);
    json::value cpus;
    if (facts.host.cpus) {
        const double rounded = std::round(*facts.host.cpus * 100) / 100;
        if (rounded == std::floor(rounded))
            cpus = static_cast<std::int64_t>(rounded);
        else
            cpus = rounded;
    }
    out["cpus"] = std::move(cpus);
    out["pids_max"] = number_or_null(facts.host.pids_max);
    out["warnings"] = texts_of(facts.host.warnings);
    return out;
}

// The figures are those of the same GPU: a number alone could be another one's, since drivers count in several orders.
const gpu::GpuUsage* usage_of(const ViewFacts& facts, const status::Gpu& gpu) {
    if (!facts.gpus) return nullptr;
    for (const gpu::GpuUsage& one : facts.gpus->gpus)
        if (one.index == gpu.index && one.name == gpu.name) return &one;
    return nullptr;
}

json::array gpus_part(const ViewFacts& facts, const status::Snapshot& snapshot) {
    json::array out;
    for (const status::Gpu& gpu : snapshot.gpus) {
        const gpu::GpuUsage* usage = usage_of(facts, gpu);
        json::object one = status::to_json(gpu);
        one["memory_used_bytes"] = usage == nullptr ? json::value() : number_or_null(usage->memory_used);
        one["load_percent"] = usage == nullptr ? json::value() : number_or_null(usage->load_percent);
        out.push_back(std::move(one));
    }
    return out;
}

json::object service_part(const ViewFacts& facts, const status::Snapshot& snapshot, const status::Service& service) {
    const pod::Service* spec = find_service(facts, service.name);
    json::object out = status::to_json(service);
    // What the launcher needs for itself, and its number for "no port".
    for (const char* key : {"critical", "pid", "with_kernels"}) out.erase(key);
    if (service.port == 0) out["port"] = nullptr;
    out["url"] = spec == nullptr ? json::value() : text_or_null(link_of(*spec, facts));
    out["public"] = spec != nullptr && spec->is_public;
    out["attention"] = text_or_null(attention_words(service, snapshot.kernels));
    return out;
}

json::object log_files_part(const ViewFacts& facts, const status::Snapshot& snapshot) {
    return {{"state", facts.snapshot == nullptr ? std::string("unknown") : snapshot.logs.state},
            {"reason", snapshot.logs.reason},
            {"folder", snapshot.logs.folder}};
}

json::object kernel_part(const status::Snapshot& snapshot, const status::Kernel& kernel) {
    json::object out = status::to_json(kernel);
    out["words"] = kernel_words(kernel, snapshot.gpus);
    return out;
}

}  // namespace

const char* to_string(LauncherState::Kind kind) {
    switch (kind) {
        case LauncherState::Kind::connected:
            return "connected";
        case LauncherState::Kind::lost:
            return "lost";
        case LauncherState::Kind::hanging:
            return "hanging";
    }
    return "lost";
}

std::optional<std::string> link_of(const pod::Service& service, const ViewFacts& facts) {
    // What the gateway serves is HTTP; of a service that serves its port itself, its probe tells.
    const bool web = !service.is_public || service.ready.kind == pod::Probe::Kind::http;
    if (service.port == 0 || !web || !facts.origin_of) return std::nullopt;
    const auto origin = facts.origin_of(service.port);
    if (!origin) return std::nullopt;
    return *origin + (service.entry.empty() ? "/" : service.entry.front());
}

json::object view_of(const ViewFacts& facts) {
    static const status::Snapshot nothing;
    const status::Snapshot& snapshot = facts.snapshot == nullptr ? nothing : *facts.snapshot;
    json::object out = original_fields(snapshot);
    out["version"] = 1;
    out["pod"] = pod_part(facts, snapshot);
    out["launcher"] = json::object{
        {"state", to_string(facts.launcher.kind)}, {"since", facts.launcher.since}, {"reason", facts.launcher.reason}};
    out["host"] = host_part(facts, snapshot);
    out["gpus"] = gpus_part(facts, snapshot);
    out["memory"] = json::object{{"used_bytes", number_or_null(facts.host.memory_used)},
                                 {"limit_bytes", number_or_null(facts.host.memory_limit)}};
    out["disk"] = json::object{{"used_bytes", number_or_null(facts.host.disk_used)},
                               {"total_bytes", number_or_null(facts.host.disk_total)}};
    out["volume"] = json::object{{"state", facts.volume.state},
                                 {"reason", facts.volume.reason},
                                 {"used_bytes", number_or_null(facts.volume.used)},
                                 {"total_bytes", number_or_null(facts.volume.total)}};
    out["log_files"] = log_files_part(facts, snapshot);
    json::array components, services, kernels, timeline;
    for (const status::Component& component : snapshot.components) components.push_back(status::to_json(component));
    for (const status::Service& service : snapshot.services) services.push_back(service_part(facts, snapshot, service));
    for (const status::Kernel& kernel : snapshot.kernels) kernels.push_back(kernel_part(snapshot, kernel));
    for (const status::Moment& moment : snapshot.timeline) timeline.push_back(status::to_json(moment));
    out["components"] = std::move(components);
    out["services"] = std::move(services);
    out["kernels"] = std::move(kernels);
    out["timeline"] = std::move(timeline);
    out["timeline_left_out"] = snapshot.timeline_left_out;
    return out;
}

}  // namespace tmplbuild::console
