// SPDX-License-Identifier: Apache-2.0
// A pod with one kernel whose probe, helpers and job are played by the test, on a clock of its own. Used by the tests
// of the kernels' steps. Starts no process.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "kernel/variant_proof.hpp"
#include "supervisor/model.hpp"

namespace tmplbuild::launch {

inline std::string table_89() {
    kernel::VariantProof proof;
    proof.kernel = "attention";
    proof.arch = {89, 0};
    proof.toolkit = {13, 0, 0};
    kernel::ModuleProof module;
    module.rule = {"a.so", {{8, 9}}, false};
    kernel::Cubin cubin;
    cubin.sm = 89;
    cubin.suffix_known = true;
    cubin.kernels = 1;
    module.code.cubins = {cubin};
    module.code.containers = 1;
    proof.modules = {module};
    return json::canonical(kernel::to_json(proof));
}

inline std::string answer(const std::string& gpus, bool simulated = false, const std::string& cuda = "13.0") {
    return R"({"version":1,"state":"ok","driver":"580.95.5","cuda":")" + cuda + R"(","simulated":)" +
           (simulated ? "true" : "false") + R"(,"gpus":[)" + gpus + "]}";
}
inline const std::string match = R"({"index":0,"name":"NVIDIA GeForce RTX 4090","capability":"8.9"})";
inline const std::string mismatch = R"({"index":0,"name":"NVIDIA GeForce RTX 3090","capability":"8.6"})";
inline const std::string refused = R"({"index":0,"name":"NVIDIA B200","capability":"10.0"})";

// One service that uses the kernel, one that does not.
struct Pod {
    pod::PodSpec spec;
    PodState state;
    std::vector<Action> actions;
    Time now = 1000;

    explicit Pod(pod::InstallMode mode = pod::InstallMode::background) {
        spec.cuda = "13.0";
        pod::Service app;
        app.name = "app";
        app.command = {"app"};
        app.port = 8188;
        app.uses_kernels = {"attention"};
        app.args_with_kernel = {"--fast"};
        app.args_without_gpu = {"--cpu"};
        app.degraded_log = "fell back";
        app.idle = {"/queue", {"running"}};
        pod::Service web;
        web.name = "web";
        web.command = {"web"};
        spec.services = {app, web};
        pod::Kernel kernel;
        kernel.name = "attention";
        kernel.env_var = "INSTALL_ATTENTION";
        kernel.install = mode;
        kernel.variants = {{"89", "/v89", "sha256:1", table_89()}};
        kernel.capabilities = {{"8.6", "86", {"a.so"}}, {"8.9", "89", {"a.so"}}};
        kernel.refused = {{"10.0", "its dispatcher knows no 10.0"}};
        kernel.archs = {{"86", "sha256:2", "", {}}, {"89", "sha256:1", "", {}}};
        kernel.build.command = {"make"};
        kernel.selftest = "/selftest.py";
        spec.kernels = {kernel};
    }
    void start() {
        state = first_state(spec);
        happen({.kind = Event::Kind::start});
    }
    void happen(Event event) {
        event.now = now;
        Step step = transition(spec, std::move(state), event);
        state = std::move(step.state);
        actions = std::move(step.actions);
        log.insert(log.end(), actions.begin(), actions.end());
        // Every process starts at once.
        for (const Action& action : std::vector<Action>(actions))
            if (action.kind == Action::Kind::spawn) {
                happen({.kind = Event::Kind::spawned, .service = action.service, .pid = ++pid});
                happen({.kind = Event::Kind::executed, .service = action.service});
            }
        // Taking away always works.
        if (!state.kernels.empty() && !kernel().tasks.empty() &&
            kernel().tasks.front().kind == KernelTask::Kind::deactivate) {
            ++taken_away;
            happen({.kind = Event::Kind::kernel_done, .ok = true});
        }
    }
    void wait(Time ms) {
        const Time end = now + ms;
        while (next_due(state) <= end) {
            now = std::max(now, next_due(state));
            happen({.kind = Event::Kind::tick});
        }
        now = end;
    }
    void probe(const std::string& text, bool ok = true) {
        happen({.kind = Event::Kind::gpu_answered, .ok = ok, .text = text});
    }
    void task(bool ok, const std::string& text = "", int code = 1) {
        happen({.kind = Event::Kind::kernel_done, .code = ok ? 0 : code, .ok = ok, .text = text});
    }
    void compiled(bool ok, const std::string& text, int code = 1) {
        happen({.kind = Event::Kind::kernel_compiled, .code = ok ? 0 : code, .ok = ok, .text = text});
    }
    void job_ends(RetryCause by, const std::string& text, int jitter = 0) {
        happen({.kind = Event::Kind::kernel_compiled, .code = 1, .jitter = jitter, .retry_cause = by, .text = text});
    }
    void exit(std::size_t i, int status = 1 << 8) {
        happen({.kind = Event::Kind::exited, .service = i, .status = status});
    }
    int count(Action::Kind kind) const {
        return static_cast<int>(
            std::count_if(log.begin(), log.end(), [&](const Action& action) { return action.kind == kind; }));
    }
    bool said(const std::string& words) const {
        return std::any_of(log.begin(), log.end(), [&](const Action& action) {
            return action.kind == Action::Kind::say && action.text.find(words) != std::string::npos;
        });
    }
    bool runs() const { return state.services[0].pid != 0; }
    const KernelState& kernel() const { return state.kernels[0]; }
    std::string phase() const { return to_string(kernel().phase); }
    // What the service was started with: "with", "without", and "cpu" where it was told that there is no GPU.
    std::string started() const {
        if (!runs()) return "not";
        return std::string(state.services[0].with_kernel ? "with" : "without") +
               (state.services[0].without_gpu ? " cpu" : "");
    }
    std::vector<Action> log;
    pid_t pid = 100;
    int taken_away = 0;  // so many times
};

}  // namespace tmplbuild::launch
