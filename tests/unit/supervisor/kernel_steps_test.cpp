// SPDX-License-Identifier: Apache-2.0
// The kernels' half of the transition, with fake answers of probe and helpers: modes × what the probe says, and what
// happens to services then.
#include "supervisor/kernel_pod.hpp"

#include "supervisor/snapshot_of.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::launch;

TEST_CASE("a service without a kernel starts at once, one with a kernel waits ten seconds at most") {
    Pod pod;
    pod.start();
    CHECK(pod.state.services[1].pid != 0);
    CHECK_FALSE(pod.runs());
    CHECK(pod.state.services[0].reason == "waits for the GPU's verdict");
    CHECK(pod.count(Action::Kind::ask_gpu) == 1);
    pod.wait(9'900);
    CHECK_FALSE(pod.runs());
    pod.wait(200);
    CHECK(pod.started() == "without cpu");
    // The verdict comes later: it counts as a kernel that is ready.
    pod.probe(answer(match));
    pod.task(true);
    CHECK(pod.kernel().in_place);
    CHECK(pod.started() == "without cpu");
    CHECK(pod.said("restarted for its kernel when it is idle"));
}

TEST_CASE("a verdict that comes late renews a service once, when its kernel is known too") {
    const auto late = [](const std::string& gpu, pod::InstallMode mode = pod::InstallMode::background) {
        Pod pod(mode);
        pod.start();
        pod.wait(10'100);
        CHECK(pod.started() == "without cpu");
        pod.probe(answer(gpu));
        return pod;
    };
    Pod good = late(match);
    CHECK_FALSE(good.state.services[0].stale);  // its files are being put in place
    good.task(true);
    CHECK(good.state.services[0].stale);
    good.wait(0);
    good.happen({.kind = Event::Kind::idle_answered, .ok = true});
    good.exit(0, 0);
    CHECK(good.started() == "with");
    good.wait(10'000);
    CHECK(good.state.services[0].restarts == 1);

    Pod bad = late(match);
    bad.task(false, "its files were changed");
    CHECK(bad.state.services[0].stale);  // for the GPU

    Pod compiles = late(mismatch);
    CHECK(compiles.state.services[0].stale);
    // Who asked to wait for the compile is not stopped for its length.
    Pod waits = late(mismatch, pod::InstallMode::required);
    CHECK_FALSE(waits.state.services[0].stale);
    waits.compiled(false, "nvcc ended with 1");
    CHECK(waits.state.services[0].stale);
}

TEST_CASE("services start before the probe and before every helper") {
    for (const auto mode : {pod::InstallMode::background, pod::InstallMode::off}) {
        Pod pod(mode);
        Step step = transition(pod.spec, first_state(pod.spec), {.kind = Event::Kind::start, .now = 1});
        REQUIRE(step.actions.size() >= 2);
        CHECK(step.actions.front().kind == Action::Kind::spawn);
        CHECK(step.actions.front().service == 1);  // web: the other one waits for the verdict
        CHECK(step.actions[1].kind == Action::Kind::ask_gpu);
    }
}

TEST_CASE("a pod without kernels asks no driver") {
    Pod pod;
    pod.spec.kernels.clear();
    pod.spec.cuda.clear();
    pod.spec.services[0].uses_kernels.clear();
    pod.spec.services[0].args_without_gpu.clear();
    pod.start();
    CHECK(pod.count(Action::Kind::ask_gpu) == 0);
    CHECK(pod.runs());
    CHECK(next_due(pod.state) == never);
}

TEST_CASE("modes and what the probe says") {
    struct Row {
        const char* name;
        std::string text;
        bool ok;
        const char *background, *required, *off;  // "<phase> <how the service was started>"
    };
    const auto bad = [](const char* state) {
        return std::string(R"({"version":1,"state":")") + state + R"(","reason":"words","gpus":[]})";
    };
    const std::vector<Row> rows = {
        {"match", answer(match), true, "available with", "available with", "off without"},
        {"mismatch", answer(mismatch), true, "compiling without", "compiling not", "off without"},
        {"unsupported", answer(refused), true, "off without", "off without", "off without"},
        {"no GPU", bad("no-gpu"), true, "off without cpu", "off without cpu", "off without cpu"},
        {"no driver", bad("no-driver"), true, "off without cpu", "off without cpu", "off without cpu"},
        {"old driver", answer(match, false, "12.4"), true, "off without cpu", "off without cpu", "off without cpu"},
        {"probe hangs", bad("hangs"), true, "off without cpu", "off without cpu", "off without cpu"},
        {"probe crashes", "the GPU probe: killed by signal 11", false, "off without cpu", "off without cpu",
         "off without cpu"},
        {"garbage", "hello", true, "off without cpu", "off without cpu", "off without cpu"},
        {"two GPUs of one kind", answer(match + "," + match), true, "available with", "available with", "off without"},
        {"two kinds", answer(match + "," + mismatch), true, "off without", "off without", "off without"},
        {"MIG", answer(match.substr(0, match.size() - 1) + R"(,"mig":true,"parts":["MIG-1"]})"), true, "available with",
         "available with", "off without"}};
    for (const Row& row : rows)
        for (const auto& [mode, expected] : {std::pair{pod::InstallMode::background, row.background},
                                             {pod::InstallMode::required, row.required},
                                             {pod::InstallMode::off, row.off}}) {
            Pod pod(mode);
            pod.start();
            pod.probe(row.text, row.ok);
            if (!pod.kernel().tasks.empty()) pod.task(true);
            INFO(row.name << ", mode " << static_cast<int>(mode) << ": " << pod.kernel().reason);
            CHECK(pod.phase() + " " + pod.started() == expected);
            CHECK(pod.state.services[1].pid != 0);
        }
}

TEST_CASE("the verdict is said as a person reads it") {
    Pod pod;
    pod.start();
    pod.probe(answer(match));
    CHECK(pod.said("RTX 4090 (8.9), driver 580.95.05: attention variant sm_89, exact"));
    CHECK(snapshot_of(pod.spec, pod.state, {pod.now, 0, 0}).host.driver == "580.95.05");
}

TEST_CASE("active only after the self-test, never with a stand-in for a driver") {
    Pod pod;
    pod.start();
    pod.probe(answer(match));
    pod.task(true);
    CHECK(pod.phase() == "available");
    REQUIRE(pod.kernel().tasks.size() == 1);  // the service is ready as it has no probe: the self-test runs
    CHECK(pod.kernel().tasks.front().kind == KernelTask::Kind::check);
    pod.task(true, "12 cases");
    CHECK(pod.phase() == "active");

    Pod without_python;
    without_python.start();
    without_python.probe(answer(match));
    without_python.task(true);
    without_python.task(false, "cannot start its program", 127);
    CHECK(without_python.phase() + " " + without_python.started() == "available with");

    Pod simulated;
    simulated.start();
    simulated.probe(answer(match, true));
    simulated.task(true);
    CHECK(simulated.started() == "with");
    CHECK(simulated.kernel().tasks.empty());
    CHECK(simulated.phase() == "available");
    CHECK(simulated.kernel().simulated);
}

TEST_CASE("a self-test that fails takes the kernel away") {
    Pod pod;
    pod.start();
    pod.probe(answer(match));
    pod.task(true);
    pod.task(false, "FAILED head size 64");
    CHECK(pod.phase() == "failed");
    CHECK(pod.kernel().reason == "its self-test failed: FAILED head size 64");
    CHECK(pod.kernel().tasks.empty());
    pod.wait(100);  // asks whether it is idle
    CHECK(pod.count(Action::Kind::ask_idle) == 1);
    pod.happen({.kind = Event::Kind::idle_answered, .ok = true});
    pod.exit(0, 0);
    CHECK(pod.started() == "without");
}

TEST_CASE("files that are not those that were proven, and a pod without a place") {
    Pod pod;
    pod.start();
    pod.probe(answer(match));
    pod.task(false, "the files are not those that were proven");
    CHECK(pod.phase() + " " + pod.started() == "failed without");
    Pod other;
    other.start();
    other.probe(answer(match));
    other.task(false, "read-only", 3);
    CHECK(other.phase() + " " + other.started() == "off without");
}

TEST_CASE("a compile in the background, then a restart when the service is idle") {
    Pod pod;
    pod.start();
    pod.probe(answer(mismatch));
    CHECK(pod.phase() + " " + pod.started() == "compiling without");
    CHECK(pod.count(Action::Kind::kernel_compile) == 1);
    pod.happen({.kind = Event::Kind::kernel_progress, .status = 90, .code = 40, .text = "compiling for sm_86"});
    CHECK(pod.kernel().percent == 40);
    CHECK(pod.kernel().seconds_left == 90);
    pod.compiled(true, "/made");
    pod.task(true);
    CHECK(pod.phase() + " " + pod.started() == "available without");
    pod.wait(0);
    pod.happen({.kind = Event::Kind::idle_answered, .ok = false});
    CHECK(pod.started() == "without");
    pod.wait(5'000);
    CHECK(pod.count(Action::Kind::ask_idle) == 2);
    pod.happen({.kind = Event::Kind::idle_answered, .ok = true});
    CHECK(pod.state.services[0].phase == Phase::stopping);
    pod.exit(0, 0);
    CHECK(pod.started() == "with");
    CHECK(pod.state.services[0].restarts == 1);
}

TEST_CASE("on_kernel_ready: restart and notify") {
    for (const auto policy : {pod::OnKernelReady::restart, pod::OnKernelReady::notify}) {
        Pod pod;
        pod.spec.services[0].on_kernel_ready = policy;
        pod.start();
        pod.probe(answer(mismatch));
        pod.compiled(true, "/made");
        pod.task(true);
        const bool restarts = policy == pod::OnKernelReady::restart;
        CHECK((pod.state.services[0].phase == Phase::stopping) == restarts);
        CHECK(pod.said("tmpl-ctl restart app") != restarts);
        CHECK(pod.count(Action::Kind::ask_idle) == 0);
    }
}

TEST_CASE("install = true: the services that use it wait for the compile, and start without when it fails") {
    Pod pod(pod::InstallMode::required);
    pod.start();
    pod.probe(answer(mismatch));
    pod.wait(60'000);
    CHECK(pod.started() == "not");
    CHECK(pod.state.services[0].reason == "waits for the kernel attention, which is compiling");
    CHECK(pod.state.services[1].pid != 0);
    pod.compiled(false, "nvcc ended with 1");
    CHECK(pod.phase() + " " + pod.started() == "failed without");
    Pod good(pod::InstallMode::required);
    good.start();
    good.probe(answer(mismatch));
    good.compiled(true, "/made");
    CHECK(good.started() == "not");
    good.task(true);
    CHECK(good.started() == "with");
}

TEST_CASE("two ends before it is ready, with the kernel: started without, and said") {
    Pod pod;
    pod.spec.services[0].ready.kind = pod::Probe::Kind::log;
    pod.spec.services[0].ready.log = "never";
    pod.start();
    pod.probe(answer(match));
    pod.task(true);
    CHECK(pod.started() == "with");
    pod.exit(0);
    pod.wait(1'000);
    CHECK(pod.started() == "with");
    pod.exit(0);
    CHECK(pod.phase() == "failed");
    CHECK(pod.said("app ended twice with it before it was ready"));
    pod.task(true);
    pod.wait(5'000);
    CHECK(pod.started() == "without");
    // A person may try again.
    pod.happen({.kind = Event::Kind::kernel_retry});
    pod.task(true);
    CHECK(pod.kernel().in_place);
}

TEST_CASE("the service's own words for having fallen back") {
    Pod pod;
    pod.start();
    pod.probe(answer(match, true));
    pod.task(true);
    pod.happen({.kind = Event::Kind::service_degraded, .service = 0, .text = "Error: fell back to torch"});
    CHECK(pod.phase() == "degraded");
    CHECK(pod.kernel().reason == "app says: Error: fell back to torch");
}

TEST_CASE("torch is compared before each start of a service that uses the kernel") {
    Pod pod;
    pod.spec.kernels[0].python.torch_git_version = "abc";
    pod.start();
    pod.probe(answer(match, true));
    pod.task(true);
    CHECK(pod.started() == "with");  // the switch itself compared it
    pod.exit(0);
    pod.wait(600);
    CHECK(pod.started() == "not");
    CHECK(pod.state.services[0].reason == "torch is compared with the kernel attention");
    REQUIRE(pod.kernel().tasks.size() == 1);
    CHECK(pod.kernel().tasks.front().kind == KernelTask::Kind::match);
    pod.task(false, "torch was changed");
    CHECK(pod.phase() == "off");
    CHECK(pod.started() == "without");
}

TEST_CASE("switched off by a person, a helper that hangs, and the end of the pod") {
    Pod pod;
    pod.start();
    pod.probe(answer(mismatch));
    pod.happen({.kind = Event::Kind::kernel_off});
    CHECK(pod.phase() == "off");
    CHECK(pod.count(Action::Kind::end_kernel_compile) == 1);
    pod.compiled(true, "/made");  // too late
    CHECK(pod.phase() == "off");

    Pod early;  // before the driver has answered
    early.start();
    early.happen({.kind = Event::Kind::kernel_off});
    early.probe(answer(mismatch));
    CHECK(early.phase() == "off");
    CHECK(early.count(Action::Kind::kernel_compile) == 0);
    early.happen({.kind = Event::Kind::kernel_retry});
    CHECK(early.phase() == "compiling");

    Pod slow;
    slow.start();
    slow.probe(answer(match));
    slow.wait(130'000);
    CHECK(slow.count(Action::Kind::end_kernel_task) == 1);
    CHECK(slow.started() == "without");

    Pod ending;
    ending.start();
    ending.probe(answer(mismatch));
    ending.happen({.kind = Event::Kind::terminate});
    CHECK(ending.count(Action::Kind::end_kernel_compile) == 1);
}

TEST_CASE("a fallback serves until the variant is there, or instead of it") {
    Pod pod;
    pod.spec.kernels[0].fallback = {"/fallback", "attention", "1.0.6", {"8.6"}};
    pod.start();
    pod.probe(answer(mismatch));
    CHECK(pod.started() == "not");
    pod.task(true);
    CHECK(pod.phase() + " " + pod.started() == "compiling with");
    pod.compiled(true, "/made");
    pod.task(true);
    CHECK(pod.phase() == "available");
    CHECK_FALSE(pod.kernel().fallback);
    CHECK(pod.state.services[0].stale);
}
