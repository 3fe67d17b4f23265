// SPDX-License-Identifier: Apache-2.0
#include "status/snapshot.hpp"

#include <algorithm>

#include "base/json.hpp"

namespace tmplbuild::status {

namespace {

constexpr std::size_t first_moments = 64, most_moments = 192;

json::array texts(const std::vector<std::string>& list) {
    json::array out;
    for (const std::string& text : list) out.emplace_back(text);
    return out;
}

template <class Number>
json::value or_null(const std::optional<Number>& number) {
    return number ? json::value(*number) : json::value();
}

json::object write(const Host& host) {
    return {{"state", host.state},
            {"reason", host.reason},
            {"driver", host.driver},
            {"cuda", host.cuda},
            {"simulated", host.simulated}};
}

json::object write(const Gpu& gpu) {
    return {
        {"index", gpu.index}, {"name", gpu.name}, {"capability", gpu.capability}, {"memory_bytes", gpu.memory_bytes}};
}

// What services, kernels and components have in common.
template <class Part>
json::object write_part(const Part& part) {
    return {{"name", part.name},
            {"state", part.state},
            {"reason", part.reason},
            {"since", part.since},
            {"next_try", or_null(part.next_try)}};
}

json::object write(const Component& component) { return write_part(component); }

json::object write(const Service& service) {
    json::object out = write_part(service);
    out["port"] = service.port;
    out["ready"] = service.ready;
    out["critical"] = service.critical;
    out["pid"] = service.pid;
    out["restarts"] = service.restarts;
    out["memory_kills"] = service.memory_kills;
    out["needs"] = texts(service.needs);
    out["uses_kernels"] = texts(service.uses_kernels);
    out["with_kernels"] = service.with_kernels;
    return out;
}

json::object write(const Kernel& kernel) {
    json::object out = write_part(kernel);
    out["mode"] = kernel.mode;
    out["verdict"] = kernel.verdict;
    out["arch"] = kernel.arch;
    out["progress"] = or_null(kernel.progress);
    out["seconds_left"] = or_null(kernel.seconds_left);
    out["simulated"] = kernel.simulated;
    return out;
}

json::object write(const Logs& logs) {
    return {{"state", logs.state},
            {"folder", logs.folder},
            {"reason", logs.reason},
            {"dropped", logs.dropped},
            {"stdout_dropped", logs.stdout_dropped}};
}

json::object write(const Moment& moment) { return {{"at", moment.at}, {"who", moment.who}, {"text", moment.text}}; }

template <class Part>
json::array write_all(const std::vector<Part>& parts) {
    json::array out;
    for (const Part& part : parts) out.push_back(write(part));
    return out;
}

// The progress of one part of the pod towards its final state, in percent.
int way_of(const Service& service) {
    if (service.state == "waiting" || service.state == "backoff") return 0;
    return service.state == "starting" || service.state == "running" ? 50 : 100;
}

int way_of(const Kernel& kernel) {
    if (kernel.state == "waiting") return 0;
    return kernel.state == "compiling" ? kernel.progress.value_or(0) : 100;
}

}  // namespace

std::string write_snapshot(const Snapshot& snapshot) {
    json::object out{{"version", snapshot_version},
                     {"pod", snapshot.pod},
                     {"state", snapshot.state},
                     {"progress", snapshot.progress},
                     {"started", snapshot.started}};
    out["host"] = write(snapshot.host);
    out["gpus"] = write_all(snapshot.gpus);
    out["components"] = write_all(snapshot.components);
    out["services"] = write_all(snapshot.services);
    out["kernels"] = write_all(snapshot.kernels);
    out["logs"] = write(snapshot.logs);
    out["timeline"] = write_all(snapshot.timeline);
    out["timeline_left_out"] = snapshot.timeline_left_out;
    out["orphans"] = snapshot.orphans;
    out["now"] = snapshot.now;
    return json::compact(out);
}

void sum_up(Snapshot& snapshot, bool stopping) {
    int way = 0, parts = 0;
    bool degraded = false;
    for (const Service& service : snapshot.services) {
        way += way_of(service);
        ++parts;
        for (const char* state : {"failed", "unhealthy", "backoff", "blocked"})
            degraded = degraded || service.state == state;
    }
    for (const Kernel& kernel : snapshot.kernels) {
        way += way_of(kernel);
        ++parts;
        degraded = degraded || kernel.state == "failed" || kernel.state == "degraded" || kernel.next_try;
    }
    for (const Component& component : snapshot.components) degraded = degraded || component.state == "failed";
    snapshot.progress = parts == 0 ? 100 : way / parts;
    snapshot.state = stopping ? "stopping" : degraded ? "degraded" : snapshot.progress == 100 ? "ready" : "starting";
}

void Timeline::add(Moment moment) {
    moments_.push_back(std::move(moment));
    if (moments_.size() <= most_moments) return;
    moments_.erase(moments_.begin() + first_moments);
    ++left_out_;
}

}  // namespace tmplbuild::status
