// SPDX-License-Identifier: Apache-2.0
// What the control socket answers, without a socket: each request in the states that it may meet.
#include "supervisor/pod_control.hpp"

#include "supervisor/played_pod.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::launch;
using control::Request;

namespace {

struct Desk {
    PlayedPod pod{{"web", "db"}};
    Poller poller;
    PodLog log{poller};
    Announcer announcer{log};
    std::string left;
    PodControl control{
        pod.view, poller,
        log,      announcer,
        "",       {.left_of = [this](std::size_t) { return left; }, .orphans = [] { return std::int64_t{3}; }}};

    Desk() {
        pod::Kernel kernel;
        kernel.name = "attention";
        kernel.env_var = "INSTALL_ATTENTION";
        pod.spec.kernels = {kernel};
        pod.state.kernels.resize(1);
    }
    std::string ask(Request::Kind kind, const std::string& name = "") {
        const auto done = control.command({.kind = kind, .name = name});
        return done ? *done : "refused: " + done.error().message;
    }
};

}  // namespace

TEST_CASE("start, stop and restart become one event each, with what the service left running") {
    Desk desk;
    CHECK(desk.ask(Request::Kind::start, "web") == "'web' runs already");
    CHECK(desk.pod.events.empty());
    desk.left = "PID 7 (nginx)";
    CHECK(desk.ask(Request::Kind::stop, "web") == "'web' is ready");  // no transition() answers here
    REQUIRE(desk.pod.events.size() == 1);
    CHECK(desk.pod.events[0].kind == Event::Kind::stop_service);
    CHECK(desk.pod.events[0].more.empty());  // it has its process: the end of it will tell
    CHECK(desk.pod.said == std::vector<std::string>{"web: a person asked for its stop"});
    desk.pod.state.services[1].pid = 0;
    desk.pod.state.services[1].phase = Phase::done;
    desk.ask(Request::Kind::start, "db");
    REQUIRE(desk.pod.events.size() == 2);
    CHECK(desk.pod.events[1].kind == Event::Kind::restart_service);
    CHECK(desk.pod.events[1].service == 1);
    CHECK(desk.pod.events[1].more == "PID 7 (nginx)");
}

TEST_CASE("what cannot be done is refused with the reason, and nothing happens") {
    Desk desk;
    CHECK(desk.ask(Request::Kind::stop, "wbe") == "refused: 'wbe' is not a service of this pod; there is web, db");
    CHECK(desk.ask(Request::Kind::kernel_off, "x") == "refused: 'x' is not a kernel of this pod; there is attention");
    desk.pod.spec.kernels[0].install = pod::InstallMode::off;
    CHECK(desk.ask(Request::Kind::kernel_retry) == "refused: 'attention' is off, since INSTALL_ATTENTION is off");
    desk.pod.state.services[0].unusable = true;
    desk.pod.state.services[0].phase = Phase::failed;
    desk.pod.state.services[0].reason = "its command is empty";
    CHECK(desk.ask(Request::Kind::start, "web") == "refused: 'web' cannot be started: its command is empty");
    desk.pod.state.mode = Mode::stopping;
    CHECK(desk.ask(Request::Kind::start, "db") == "refused: the pod is stopping");
    CHECK(desk.ask(Request::Kind::kernel_off) == "refused: the pod is stopping");
    desk.pod.state.mode = Mode::running;
    desk.pod.spec.kernels.clear();
    CHECK(desk.ask(Request::Kind::kernel_off) == "refused: this pod has no kernels");
    CHECK(desk.pod.events.empty());
}

TEST_CASE("a kernel's request without a name is meant for all of them") {
    Desk desk;
    desk.pod.spec.kernels.push_back(desk.pod.spec.kernels[0]);
    desk.pod.spec.kernels[1].name = "other";
    desk.pod.state.kernels.resize(2);
    CHECK(desk.ask(Request::Kind::kernel_retry) == "'attention' is waiting, 'other' is waiting");
    REQUIRE(desk.pod.events.size() == 2);
    CHECK(desk.pod.events[1].kind == Event::Kind::kernel_retry);
    CHECK(desk.pod.events[1].kernel == 1);
}

TEST_CASE("another try of a kernel that is in place says what does it") {
    Desk desk;
    KernelState& kernel = desk.pod.state.kernels[0];
    kernel.phase = KernelPhase::degraded;
    kernel.in_place = true;
    CHECK(desk.ask(Request::Kind::kernel_retry) ==
          "'attention' is degraded (it is in place: a restart of what uses it tries it again)");
    CHECK(desk.ask(Request::Kind::kernel_off) == "'attention' is degraded");  // no transition() answers here
    kernel.fallback = true;  // slower files: the variant itself is tried
    CHECK(desk.ask(Request::Kind::kernel_retry) == "'attention' is degraded");
}

TEST_CASE("a log is that of a service, a kernel, the launcher, or refused with the names there are") {
    Desk desk;
    std::string block = "hello\n";
    desk.log.output("web", block);
    CHECK(desk.control.read_log({.name = "web", .lines = 10})->text == "hello\n");
    CHECK(desk.control.read_log({.name = "db", .lines = 10})->text.empty());  // has said nothing yet
    CHECK(desk.control.read_log({.name = "launcher", .lines = 10}));
    CHECK(desk.control.read_log({.name = "attention", .lines = 10})->text.empty());  // nothing was compiled yet
    const auto unknown = desk.control.read_log({.name = "x", .lines = 10});
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().message == "'x' is not a service of this pod; there is launcher, web, db");
}

TEST_CASE("the status hides secrets in reasons, and counts who was nobody's") {
    Desk desk;
    desk.log.mask().hide("hunter22");
    desk.pod.state.services[0].reason = "its probe: password hunter22 is wrong";
    desk.pod.state.kernels[0].reason = "hunter22";
    desk.announcer.say("web", "said hunter22");
    const status::Snapshot snapshot = desk.control.snapshot();
    CHECK(snapshot.services[0].reason == "its probe: password *** is wrong");
    CHECK(snapshot.kernels[0].reason == "***");
    CHECK(snapshot.timeline.back().text == "said ***");
    CHECK(snapshot.orphans == 3);
    CHECK(snapshot.components[0].state == "in use");
}

TEST_CASE("an announced secret is in no log, and hidden from then on") {
    Desk desk;
    const auto announce = [&](const std::string& name, const std::string& secret, const std::string& text) {
        const auto done =
            desk.control.command({.kind = Request::Kind::announce, .name = name, .secret = secret, .text = text});
        return done ? *done : "refused: " + done.error().message;
    };
    CHECK(announce("web", "abcdefgh23", "Password: abcdefgh23") == "announced");
    CHECK(desk.log.last("web", 10).empty());
    CHECK(desk.log.last("launcher", 10).empty());
    std::string block = "it is abcdefgh23\n";
    desk.log.output("web", block);
    CHECK(desk.log.last("web", 10) == "it is ***\n");
    CHECK(announce("web", "ijkmnpqrst", "") == "hidden");
    CHECK(desk.log.mask().masked("ijkmnpqrst") == "***");
    CHECK(announce("wbe", "abcdefgh23", "") == "refused: 'wbe' is not a service of this pod; there is web, db");
    CHECK(announce("web", "short", "").starts_with("refused: a secret to announce has 8"));
    CHECK(announce("web", "abcd\nefgh", "").starts_with("refused: a secret to announce has 8"));
    CHECK(announce("web", "abcdefgh23", "a\nb").starts_with("refused: what is announced is one line"));
    for (int n = 10; n < 72; ++n) CHECK(announce("web", "abcdefgh" + std::to_string(n) + "x", "") == "hidden");
    CHECK(announce("web", "another one", "") == "refused: 64 secrets were announced already");
    CHECK(announce("web", "abcdefgh23", "") == "hidden");  // it is hidden already, and counts once
    CHECK(desk.pod.events.empty());
}
