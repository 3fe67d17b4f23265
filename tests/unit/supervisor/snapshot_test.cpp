// SPDX-License-Identifier: Apache-2.0
// The status as people and the console get it: one golden file a state, held to schema/status.schema.json by
// tests/e2e/template_schema.sh. TMPLBUILD_ACCEPT=1 writes them anew.
#include "supervisor/snapshot_of.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/json.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::launch;

namespace {

void same_as_golden(const status::Snapshot& snapshot, const std::string& name) {
    const std::string text = json::pretty(json::parse(status::write_snapshot(snapshot), name).value());
    const std::string file = std::string(TEST_DATA) + "/golden/status/" + name + ".json";
    if (std::getenv("TMPLBUILD_ACCEPT") != nullptr) std::ofstream(file) << text;
    std::ostringstream expected;
    expected << std::ifstream(file).rdbuf();
    INFO(name);
    CHECK(text == expected.str());
}

constexpr Time start = 5'000'000;
constexpr Clock clock_after(Time ms) { return {start + ms, 1'767'225'600'000 + ms, start}; }

pod::PodSpec one_service() {
    pod::PodSpec spec;
    spec.name = "golden";
    pod::Service service;
    service.name = "web";
    service.command = {"web"};
    service.port = 8188;
    service.uses_kernels = {"fast"};
    spec.services.push_back(service);
    return spec;
}

}  // namespace

TEST_CASE("each phase of a service has its golden status") {
    const pod::PodSpec spec = one_service();
    for (const Phase phase :
         {Phase::waiting, Phase::starting, Phase::running, Phase::ready, Phase::unhealthy, Phase::backoff,
          Phase::stopping, Phase::done, Phase::failed, Phase::stopped, Phase::blocked}) {
        PodState state = first_state(spec);
        ServiceState& s = state.services[0];
        s.phase = phase;
        s.since = start + 500;
        const bool runs = phase == Phase::starting || phase == Phase::running || phase == Phase::ready ||
                          phase == Phase::unhealthy || phase == Phase::stopping;
        s.pid = runs ? 42 : 0;
        s.satisfied = phase == Phase::ready;
        if (phase == Phase::backoff) {
            s.due = start + 9'000;
            s.restarts = 3;
            s.reason = "killed for memory (signal 9)";
            s.memory_kills = 2;
        }
        if (phase == Phase::failed) s.reason = "cannot start its program: No such file or directory";
        if (phase == Phase::blocked) s.reason = "needs base, which is failed";
        if (phase == Phase::waiting) s.reason = "needs base, which is starting";
        same_as_golden(snapshot_of(spec, state, clock_after(1'500)), std::string("service-") + to_string(phase));
    }
}

TEST_CASE("a pod that stops says so") {
    const pod::PodSpec spec = one_service();
    PodState state = first_state(spec);
    state.mode = Mode::stopping;
    same_as_golden(snapshot_of(spec, state, clock_after(100)), "pod-stopping");
}

TEST_CASE("host, GPUs, kernels, components, logs and time line have their places") {
    status::Snapshot full;
    full.pod = "golden";
    full.started = 1'767'225'600'000;
    full.now = full.started + 60'000;
    full.host = {"usable", "driver 580.95.05 serves CUDA 13.0", "580.95.05", "13.0", false};
    full.gpus = {{0, "NVIDIA GeForce RTX 4090", "8.9", 25'757'220'864}};
    full.components = {{.name = "control", .state = "listening", .reason = "/run/tmplbuild/control.sock", .since = 1}};
    full.logs = {"failing", "/workspace/.tmplbuild/pods/p/logs", "No space left on device", 12, 3};
    full.timeline = {{full.started + 4, "web", "ready after 4 ms"}};
    status::Kernel kernel{.name = "sageattention", .state = "compiling", .reason = "no variant serves 8.6"};
    kernel.since = full.started + 20;
    kernel.mode = "background";
    kernel.verdict = "missing";
    kernel.arch = "86";
    kernel.progress = 40;
    kernel.seconds_left = 300;
    for (const char* state : {"waiting", "compiling", "available", "active", "degraded", "off", "failed"}) {
        kernel.state = state;
        if (kernel.state != "compiling") kernel.progress = std::nullopt, kernel.seconds_left = std::nullopt;
        if (kernel.state == "compiling") kernel.progress = 40, kernel.seconds_left = 300;
        kernel.next_try.reset();
        if (kernel.state == "waiting") kernel.next_try = full.now + 20'000;  // its job is tried again
        full.kernels = {kernel};
        status::sum_up(full, false);
        same_as_golden(full, "kernel-" + kernel.state);
    }
    for (const char* state : {"unknown", "probing", "usable", "no-gpu", "no-driver", "old-driver", "failed"}) {
        full.host.state = state;
        same_as_golden(full, std::string("host-") + state);
    }
}

TEST_CASE("a long life's time line keeps its beginning and its end") {
    status::Timeline timeline;
    for (int i = 0; i < 1000; ++i) timeline.add({i, "web", "x"});
    CHECK(timeline.moments().size() == 192);
    CHECK(timeline.left_out() == 1000 - 192);
    CHECK(timeline.moments()[63].at == 63);
    CHECK(timeline.moments()[64].at == 1000 - 128);
    CHECK(timeline.moments().back().at == 999);
}
