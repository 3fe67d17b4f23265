// SPDX-License-Identifier: Apache-2.0
// A service whose need is over: it is blocked and says so, it takes the pod's state with it, and it starts when the
// need is started again, or with it.
#include "status/snapshot.hpp"
#include "supervisor/model.hpp"
#include "supervisor/named_service.hpp"
#include "supervisor/snapshot_of.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::launch;

namespace {

using Kind = Event::Kind;
constexpr int code_1 = 1 << 8;

// `first`, what the test makes of it; `second` needs it, and `third` needs that. Listed the other way round, so that no
// order of the list helps.
struct Chain {
    pod::PodSpec spec;
    PodState state;
    std::vector<std::string> said;
    Time now = 1'000;
    static constexpr std::size_t third = 0, second = 1, first = 2;

    explicit Chain(const std::function<void(pod::Service&)>& make_first = [](pod::Service&) {}) {
        for (const char* name : {"third", "second", "first"}) {
            pod::Service service = named(name);
            service.restart.policy = pod::Restart::Policy::never;
            spec.services.push_back(service);
        }
        spec.services[third].needs = {"second"};
        spec.services[second].needs = {"first"};
        make_first(spec.services[first]);
        state = first_state(spec);
        send({.kind = Kind::start});
    }
    void send(Event event) {
        event.now = ++now;
        Step step = transition(spec, std::move(state), event);
        state = std::move(step.state);
        for (const Action& action : step.actions) {
            if (action.kind == Action::Kind::say)
                said.push_back(spec.services[action.service].name + ": " + action.text);
            if (action.kind != Action::Kind::spawn) continue;
            send({.kind = Kind::spawned, .service = action.service, .pid = ++pid});
            send({.kind = Kind::executed, .service = action.service});
        }
    }
    void ask(Kind kind, std::size_t i) { send({.kind = kind, .service = i}); }
    void ends(std::size_t i, int status) { send({.kind = Kind::exited, .service = i, .status = status}); }
    std::string phases() const {
        return std::string(to_string(state.services[first].phase)) + " " + to_string(state.services[second].phase) +
               " " + to_string(state.services[third].phase);
    }
    std::string reason(std::size_t i) const { return state.services[i].reason; }
    std::string summary() const { return snapshot_of(spec, state, {now, 0, 0}).state; }
    int times_said(const std::string& text) const {
        return static_cast<int>(std::count(said.begin(), said.end(), text));
    }
    pid_t pid = 100;
};

Chain with_oneshot() {
    return Chain([](pod::Service& first) { first.oneshot = true; });
}
Chain never_ready() {
    return Chain([](pod::Service& first) {
        first.ready.kind = pod::Probe::Kind::log;
        first.ready.log = "up";
    });
}

}  // namespace

TEST_CASE("whoever needs what has failed for good is blocked, at any distance, says so once, and the pod is degraded") {
    Chain pod = with_oneshot();
    CHECK(pod.phases() == "running waiting waiting");
    CHECK(pod.summary() == "starting");
    pod.ends(Chain::first, code_1);
    CHECK(pod.phases() == "failed blocked blocked");
    CHECK(pod.reason(Chain::second) == "needs first, which is failed");
    CHECK(pod.reason(Chain::third) == "needs second, which is blocked");
    CHECK(pod.summary() == "degraded");
    pod.send({.kind = Kind::tick});
    CHECK(pod.times_said("second: blocked: needs first, which is failed") == 1);
    CHECK(pod.times_said("third: blocked: needs second, which is blocked") == 1);
    CHECK(next_due(pod.state) == never);  // it costs nothing
}

TEST_CASE("a need that is tried again by itself blocks nobody") {
    Chain pod([](pod::Service& first) {
        first.oneshot = true;
        first.restart.policy = pod::Restart::Policy::on_failure;
        first.restart.budget = 1;
    });
    pod.ends(Chain::first, code_1);
    CHECK(pod.phases() == "backoff waiting waiting");
    pod.now = next_due(pod.state);
    pod.send({.kind = Kind::tick});
    pod.ends(Chain::first, code_1);
    CHECK(pod.phases() == "failed blocked blocked");
}

TEST_CASE("a need that was stopped, or that ended well and is not started again, blocks as one that failed") {
    Chain stopped = never_ready();
    stopped.ask(Kind::stop_service, Chain::first);
    stopped.ends(Chain::first, 15);
    CHECK(stopped.phases() == "stopped blocked blocked");
    CHECK(stopped.summary() == "degraded");
    Chain done = never_ready();
    done.ends(Chain::first, 0);
    CHECK(done.phases() == "done blocked blocked");
    CHECK(done.reason(Chain::second) == "needs first, which is done and is not started again by itself");
    Chain unusable([](pod::Service& first) { first.unusable = "its command is empty"; });
    CHECK(unusable.phases() == "failed blocked blocked");
    // A oneshot that has done its work has served whoever needs it, also when a person stops what it left.
    Chain served = with_oneshot();
    served.ends(Chain::first, 0);
    CHECK(served.phases() == "done ready ready");
    served.ask(Kind::stop_service, Chain::first);
    served.ask(Kind::restart_service, Chain::second);
    served.ends(Chain::second, 15);
    CHECK(served.phases() == "stopped ready ready");
}

TEST_CASE("whoever runs already runs on when its need is over") {
    Chain pod = never_ready();
    pod.send({.kind = Kind::log_matched, .service = Chain::first});
    CHECK(pod.phases() == "ready ready ready");
    pod.ends(Chain::first, code_1);
    CHECK(pod.phases() == "failed ready ready");
}

TEST_CASE("what is blocked starts when a person starts the need") {
    Chain pod = with_oneshot();
    pod.ends(Chain::first, code_1);
    pod.ask(Kind::restart_service, Chain::first);
    CHECK(pod.phases() == "running waiting waiting");
    pod.ends(Chain::first, 0);
    CHECK(pod.phases() == "done ready ready");
    // … and is blocked anew when that fails again.
    Chain again = with_oneshot();
    again.ends(Chain::first, code_1);
    again.ask(Kind::restart_service, Chain::first);
    again.ends(Chain::first, code_1);
    CHECK(again.phases() == "failed blocked blocked");
    CHECK(again.times_said("second: blocked: needs first, which is failed") == 2);
}

TEST_CASE("a person who starts what is blocked starts what it needs, as far as that is over") {
    Chain pod = with_oneshot();
    pod.ends(Chain::first, code_1);
    pod.ask(Kind::restart_service, Chain::third);
    CHECK(pod.phases() == "running waiting waiting");
    CHECK(pod.reason(Chain::first).empty());
    CHECK(pod.times_said("first: started, since second needs it") == 1);
    pod.ends(Chain::first, 0);
    CHECK(pod.phases() == "done ready ready");
    // What cannot be used is not started for anybody.
    Chain unusable([](pod::Service& first) { first.unusable = "its command is empty"; });
    unusable.ask(Kind::restart_service, Chain::third);
    CHECK(unusable.phases() == "failed blocked blocked");
}

TEST_CASE("what is blocked can be stopped, and then stays away; at the end of the pod it is stopped as all are") {
    Chain pod = with_oneshot();
    pod.ends(Chain::first, code_1);
    pod.ask(Kind::stop_service, Chain::third);
    CHECK(pod.phases() == "failed blocked stopped");
    pod.ask(Kind::restart_service, Chain::first);
    pod.ends(Chain::first, 0);
    CHECK(pod.phases() == "done ready stopped");
    Chain ending = with_oneshot();
    ending.ends(Chain::first, code_1);
    ending.ask(Kind::terminate, 0);
    CHECK(ending.phases() == "failed stopped stopped");
}

TEST_CASE("a critical service that is blocked does not end the pod: a person can still mend it") {
    Chain pod = with_oneshot();
    pod.spec.services[Chain::second].critical = true;
    pod.ends(Chain::first, code_1);
    CHECK(pod.phases() == "failed blocked blocked");
    CHECK(pod.state.mode == Mode::running);
}
