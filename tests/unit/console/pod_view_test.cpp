// SPDX-License-Identifier: Apache-2.0
// The view says what the snapshot and the figures say, and null or "unknown" where nobody knows.
#include "console/pod/pod_view.hpp"

#include "console/pod/snapshot_reader.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

namespace tmplbuild::console {
namespace {

status::Snapshot golden(const std::string& name) {
    return read_snapshot(sys::read_file(std::string(TEST_DATA) + "/golden/status/" + name + ".json").value()).value();
}

pod::PodSpec spec() {
    pod::PodSpec out;
    out.name = "from pod.json";
    out.console_port = 8765;
    pod::Service web;
    web.name = "web";
    web.port = 8188;
    pod::Service ssh;
    ssh.name = "ssh";
    ssh.port = 22;
    ssh.is_public = true;
    ssh.ready.kind = pod::Probe::Kind::tcp;
    pod::Service open;
    open.name = "open";
    open.port = 9000;
    open.entry = {"/lab", "/"};
    open.is_public = true;
    open.ready.kind = pod::Probe::Kind::http;
    out.services = {web, ssh, open};
    return out;
}

json::value at(const json::object& view, const char* pointer) {
    json::value whole(view);
    boost::system::error_code none;
    const json::value* found = whole.find_pointer(pointer, none);
    return found == nullptr ? json::value("no such member") : *found;
}

}  // namespace

TEST_CASE("before the launcher said anything, nothing is invented") {
    const pod::PodSpec pod = spec();
    ViewFacts facts{.spec = &pod};
    const json::object view = view_of(facts);
    CHECK(at(view, "/pod/state") == "unknown");
    CHECK(at(view, "/pod/name") == "from pod.json");
    CHECK(at(view, "/launcher/state") == "lost");
    CHECK(at(view, "/host/state") == "unknown");
    CHECK(at(view, "/host/cpus").is_null());
    CHECK(at(view, "/host/pids_max").is_null());
    CHECK(at(view, "/memory/used_bytes").is_null());
    CHECK(at(view, "/volume/state") == "unknown");
    CHECK(at(view, "/log_files/state") == "unknown");
    CHECK(at(view, "/services").as_array().empty());
    CHECK(at(view, "/comfyui_ready") == false);
    CHECK(at(view, "/installation_complete") == false);
}

TEST_CASE("a service has its state, its link and whether a login stands before it") {
    const pod::PodSpec pod = spec();
    const status::Snapshot snapshot = golden("service-ready");
    ViewFacts facts{.snapshot = &snapshot, .launcher = {LauncherState::Kind::connected, 1, ""}, .spec = &pod};
    CHECK(at(view_of(facts), "/services/0/url").is_null());  // nobody says where this is looked at from
    facts.origin_of = [](std::uint16_t port) { return "https://abc-" + std::to_string(port) + ".example"; };
    const json::object view = view_of(facts);
    CHECK(at(view, "/services/0/url") == "https://abc-8188.example/");
    CHECK(at(view, "/services/0/public") == false);
    CHECK(at(view, "/services/0/state") == "ready");
    CHECK(at(view, "/services/0/ready") == true);
    CHECK(at(view, "/services/0/attention").is_null());
    CHECK(at(view, "/pod/state") == "ready");
    CHECK_FALSE(link_of(pod.services[1], facts));  // SSH is no page
    CHECK(link_of(pod.services[2], facts) == "https://abc-9000.example/lab");
}

TEST_CASE("while the launcher is silent, the pod's state is unknown") {
    const pod::PodSpec pod = spec();
    const status::Snapshot snapshot = golden("service-ready");
    for (const auto kind : {LauncherState::Kind::lost, LauncherState::Kind::hanging}) {
        const json::object view = view_of({.snapshot = &snapshot, .launcher = {kind, 7, "why"}, .spec = &pod});
        CHECK(at(view, "/pod/state") == "unknown");
        CHECK(at(view, "/launcher/state") == to_string(kind));
        CHECK(at(view, "/launcher/reason") == "why");
        CHECK(at(view, "/services/0/name") == "web");
    }
}

TEST_CASE("a GPU's figures are those of this GPU, or null") {
    const status::Snapshot snapshot = golden("kernel-compiling");
    ViewFacts facts{.snapshot = &snapshot};
    CHECK(at(view_of(facts), "/gpus/0/memory_used_bytes").is_null());
    gpu::Usage usage;
    usage.gpus = {{0, "NVIDIA GeForce RTX 4090", 5, 37}};
    facts.gpus = usage;
    CHECK(at(view_of(facts), "/gpus/0/memory_used_bytes") == 5);
    CHECK(at(view_of(facts), "/gpus/0/load_percent") == 37);
    usage.gpus = {{0, "NVIDIA H100 PCIe", 5, 37}};
    facts.gpus = usage;
    CHECK(at(view_of(facts), "/gpus/0/load_percent").is_null());
}

TEST_CASE("the original's fields keep their meaning") {
    status::Snapshot snapshot = golden("service-ready");
    snapshot.services[0].name = "comfyui";
    snapshot.timeline = {{1767225600004, "comfyui", "ready after 4 ms"}};
    status::Kernel kernel{.name = "sageattention", .state = "compiling", .reason = ""};
    kernel.since = 1767225600000;
    snapshot.kernels = {kernel};
    json::object view = view_of({.snapshot = &snapshot});
    CHECK(at(view, "/comfyui_ready") == true);
    CHECK(at(view, "/sageattention_complete") == false);
    CHECK(at(view, "/installation_complete") == true);
    CHECK(at(view, "/log") == "[2026-01-01 00:00:00 UTC] comfyui: ready after 4 ms\n");
    CHECK(at(view, "/progress/sageattention/state") == "compiling");
    CHECK(at(view, "/progress/sageattention/last_updated") == "2026-01-01T00:00:00Z");
    CHECK(at(view, "/processes/comfyui") == true);
    for (const char* state : {"available", "active", "degraded"}) {
        snapshot.kernels[0].state = state;
        CHECK(at(view_of({.snapshot = &snapshot}), "/sageattention_complete") == true);
    }
    snapshot.progress = 99;
    snapshot.services[0].ready = false;
    snapshot.services[0].pid = 0;
    view = view_of({.snapshot = &snapshot});
    CHECK(at(view, "/comfyui_ready") == false);
    CHECK(at(view, "/installation_complete") == false);
    CHECK(at(view, "/processes/comfyui") == false);
}

TEST_CASE("figures are shown as they were measured") {
    ViewFacts facts{};
    facts.host.cpus = 7.5;
    facts.host.pids_max = 200;
    facts.host.warnings = {"few"};
    facts.volume = {"frozen", "it hangs", 3, 9};
    CHECK(at(view_of(facts), "/host/cpus") == 7.5);
    CHECK(at(view_of(facts), "/host/warnings/0") == "few");
    CHECK(at(view_of(facts), "/volume/state") == "frozen");
    CHECK(at(view_of(facts), "/volume/total_bytes") == 9);
    facts.host.cpus = 8.0;
    CHECK(json::compact(at(view_of(facts), "/host/cpus")) == "8");
}

}  // namespace tmplbuild::console
