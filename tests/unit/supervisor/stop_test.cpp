// SPDX-License-Identifier: Apache-2.0
// Everybody gets a stop signal and a grace before KILL: what a service leaves running, what it needs, strays, a
// foreground command; and what is said about how things ended.
#include <csignal>

#include "supervisor/model.hpp"
#include "supervisor/named_service.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::launch;

namespace {

// A pod that is told what happens, and what it asked for since.
struct Pod {
    explicit Pod(std::vector<pod::Service> services) {
        spec.services = std::move(services);
        for (pod::Service& one : spec.services) one.restart.backoff_min_ms = one.restart.backoff_max_ms = 100;
        state = first_state(spec);
        send({.kind = Event::Kind::start});
        for (std::size_t i = 0; i < spec.services.size(); ++i) begin(i);
    }
    void send(Event event) {
        event.now = now;
        Step step = transition(spec, std::move(state), event);
        state = std::move(step.state);
        actions.insert(actions.end(), step.actions.begin(), step.actions.end());
    }
    void begin(std::size_t i) {
        if (!state.services[i].spawning) return;
        send({.kind = Event::Kind::spawned, .service = i, .pid = static_cast<pid_t>(100 + i)});
        send({.kind = Event::Kind::executed, .service = i});
    }
    void ends(std::size_t i, int status, const std::string& left = {}) {
        send({.kind = Event::Kind::exited, .service = i, .pid = 100, .status = status, .more = left});
    }
    // Every tick that is due, up to a moment.
    void pass(Time ms) {
        const Time end = now + ms;
        for (Time due = 0; (due = next_due(state)) <= end;) {
            now = std::max(now, due);
            send({.kind = Event::Kind::tick});
        }
        now = end;
    }
    int count(Action::Kind kind, std::size_t i, int signal) const {
        int out = 0;
        for (const Action& action : actions)
            out += action.kind == kind && action.service == i && action.signal == signal ? 1 : 0;
        return out;
    }
    bool says(const std::string& text) const {
        for (const Action& action : actions)
            if (action.kind == Action::Kind::say && action.text.find(text) != std::string::npos) return true;
        return false;
    }
    ServiceState& at(std::size_t i) { return state.services[i]; }

    pod::PodSpec spec;
    PodState state;
    Time now = 1'000;
    std::vector<Action> actions;
};

constexpr int by_term = SIGTERM;  // wait(2): a status below 128 is the signal
constexpr int code_3 = 3 << 8;

}  // namespace

TEST_CASE("what a stopped service leaves running has its grace, then KILL, and only then the next thing happens") {
    Pod pod({named("web")});
    pod.send({.kind = Event::Kind::restart_service});
    CHECK(pod.count(Action::Kind::signal_group, 0, SIGTERM) == 1);
    pod.ends(0, by_term, "PID 7 (python3)");
    CHECK(pod.at(0).phase == Phase::stopping);
    CHECK(pod.count(Action::Kind::signal_left, 0, SIGTERM) == 1);
    CHECK(pod.count(Action::Kind::spawn, 0, 0) == 1);
    pod.pass(4'900);
    CHECK(pod.count(Action::Kind::signal_left, 0, SIGKILL) == 0);
    pod.pass(200);
    CHECK(pod.count(Action::Kind::signal_left, 0, SIGKILL) >= 1);
    CHECK(pod.count(Action::Kind::spawn, 0, 0) == 1);
    pod.send({.kind = Event::Kind::left_gone});
    CHECK(pod.count(Action::Kind::spawn, 0, 0) == 2);
}

TEST_CASE("each service, and what it leaves running, is told by its own stop signal") {
    auto web = named("web"), db = named("db");
    web.stop_signal = pod::StopSignal::quit;
    Pod pod({web, db});
    pod.send({.kind = Event::Kind::stop_service});
    CHECK(pod.count(Action::Kind::signal_group, 0, SIGQUIT) == 1);
    CHECK(pod.count(Action::Kind::signal_group, 0, SIGTERM) == 0);
    pod.ends(0, SIGQUIT, "PID 7 (worker)");
    CHECK(pod.count(Action::Kind::signal_left, 0, SIGQUIT) == 1);
    CHECK(pod.count(Action::Kind::signal_left, 0, SIGTERM) == 0);
    pod.send({.kind = Event::Kind::left_gone});
    CHECK(pod.at(0).reason == "stopped by a person");  // to end by it is a good end
    pod.send({.kind = Event::Kind::terminate});
    CHECK(pod.count(Action::Kind::signal_group, 1, SIGTERM) == 1);
    CHECK(pod.count(Action::Kind::signal_group, 1, SIGQUIT) == 0);
}

TEST_CASE("a service that is deaf to its own stop signal has its whole grace, then KILL") {
    auto web = named("web");
    web.stop_signal = pod::StopSignal::interrupt;
    web.stop_grace_ms = 700;
    Pod pod({web});
    pod.send({.kind = Event::Kind::terminate});
    pod.pass(600);
    CHECK(pod.count(Action::Kind::signal_group, 0, SIGINT) == 1);
    CHECK(pod.count(Action::Kind::signal_group, 0, SIGKILL) == 0);
    pod.pass(200);
    CHECK(pod.count(Action::Kind::signal_group, 0, SIGKILL) == 1);
    CHECK(pod.count(Action::Kind::signal_group, 0, SIGTERM) == 0);
}

TEST_CASE("an end by another signal than the one it was told by is kept") {
    auto web = named("web");
    web.stop_signal = pod::StopSignal::interrupt;
    Pod pod({web});
    pod.send({.kind = Event::Kind::stop_service});
    pod.ends(0, by_term);
    CHECK(pod.at(0).reason == "stopped by a person; killed by signal 15");
}

TEST_CASE("what cannot be killed is waited for no longer than two seconds") {
    Pod pod({named("web")});
    pod.ends(0, code_3, "PID 7 (stuck)");
    pod.pass(5'100);
    CHECK(pod.at(0).phase == Phase::stopping);
    pod.pass(2'200);
    CHECK(pod.says("does not end, even after KILL"));
    pod.begin(0);
    CHECK(pod.at(0).phase == Phase::ready);
}

TEST_CASE("a service that goes into the background is told what is wrong with that") {
    Pod pod({named("daemon")});
    pod.ends(0, 0, "PID 7 (nginx)");
    CHECK(pod.says("it left PID 7 (nginx) running"));
    CHECK(pod.says("has to stay in the foreground"));
}

TEST_CASE("a daemon that a oneshot leaves stays; a restart of the oneshot by a person stops it first") {
    auto once = named("start-db");
    once.oneshot = true;
    Pod pod({once});
    pod.ends(0, 0, "PID 7 (postgres)");
    CHECK(pod.at(0).phase == Phase::done);
    CHECK(pod.count(Action::Kind::signal_left, 0, SIGTERM) == 0);
    pod.send({.kind = Event::Kind::restart_service, .more = "PID 7 (postgres)"});
    CHECK(pod.at(0).phase == Phase::stopping);
    CHECK(pod.count(Action::Kind::signal_left, 0, SIGTERM) == 1);
    CHECK(pod.count(Action::Kind::spawn, 0, 0) == 1);
    pod.send({.kind = Event::Kind::left_gone});
    CHECK(pod.count(Action::Kind::spawn, 0, 0) == 2);
}

TEST_CASE("a service that is deaf for the whole stop leaves what it needs half of the time, and strays too") {
    auto db = named("db"), app = named("app");
    app.needs = {"db"};
    app.stop_grace_ms = 600'000;
    Pod pod({db, app});
    pod.begin(1);
    pod.send({.kind = Event::Kind::terminate});
    pod.pass(4'000);
    CHECK(pod.count(Action::Kind::signal_group, 1, SIGTERM) == 1);
    CHECK(pod.count(Action::Kind::signal_group, 0, SIGTERM) == 0);
    pod.pass(500);
    CHECK(pod.count(Action::Kind::signal_group, 0, SIGTERM) == 1);
    CHECK(pod.count(Action::Kind::sweep, 0, SIGTERM) == 1);
    CHECK(pod.count(Action::Kind::signal_group, 0, SIGKILL) == 0);
    pod.pass(4'200);
    CHECK(pod.count(Action::Kind::signal_group, 0, SIGKILL) > 0);
    CHECK(pod.count(Action::Kind::signal_group, 1, SIGKILL) > 0);
    pod.pass(500);
    CHECK(pod.state.mode == Mode::over);
}

TEST_CASE("strays have a grace of their own at the end, and are waited for no longer than they last") {
    Pod pod({named("web")});
    pod.send({.kind = Event::Kind::terminate});
    pod.ends(0, by_term);
    CHECK(pod.state.mode == Mode::sweeping);
    CHECK(pod.count(Action::Kind::sweep, 0, SIGTERM) == 1);
    pod.pass(4'900);
    CHECK(pod.count(Action::Kind::sweep, 0, SIGKILL) == 0);
    pod.pass(200);
    CHECK(pod.count(Action::Kind::sweep, 0, SIGKILL) >= 1);
    pod.send({.kind = Event::Kind::no_children});
    CHECK(pod.state.mode == Mode::over);
}

TEST_CASE("the exit code of a critical service's end is the announced one, also beside a foreground command") {
    auto db = named("db");
    db.critical = true;
    db.restart.policy = pod::Restart::Policy::never;
    Pod pod({db});
    pod.send({.kind = Event::Kind::foreground_started, .pid = 50});
    pod.ends(0, code_3);
    CHECK(pod.says("the pod ends with code 70"));
    pod.send({.kind = Event::Kind::foreground_exited, .status = by_term});
    CHECK(pod.state.exit_code == exit_critical);
}

TEST_CASE("TERM, when a pod ends already for another reason, takes nobody's grace; the second one does") {
    Pod pod({named("web")});
    pod.send({.kind = Event::Kind::foreground_started, .pid = 50});
    pod.send({.kind = Event::Kind::foreground_exited, .status = code_3});
    pod.send({.kind = Event::Kind::terminate});
    CHECK(pod.count(Action::Kind::signal_group, 0, SIGKILL) == 0);
    pod.send({.kind = Event::Kind::terminate});
    CHECK(pod.count(Action::Kind::signal_group, 0, SIGKILL) == 1);
    CHECK(pod.state.exit_code == 3);
}

TEST_CASE("a stop that a person asked for reads so, and an end that was not asked for is kept") {
    Pod pod({named("web"), named("falls")});
    pod.send({.kind = Event::Kind::stop_service});
    pod.ends(0, by_term);
    CHECK(pod.at(0).phase == Phase::stopped);
    CHECK(pod.at(0).reason == "stopped by a person");
    pod.send({.kind = Event::Kind::exited, .service = 1, .pid = 101, .status = code_3});
    pod.pass(200);
    pod.begin(1);
    CHECK(pod.at(1).phase == Phase::ready);
    CHECK(pod.at(1).reason == "started again after: exit code 3");
}

TEST_CASE("a service that was deaf to the stop a person asked for says how it ended") {
    Pod pod({named("web")});
    pod.send({.kind = Event::Kind::stop_service});
    pod.pass(5'100);
    pod.ends(0, SIGKILL);
    CHECK(pod.at(0).reason == "stopped by a person; killed by signal 9");
}

TEST_CASE("a probe's no says why, while it starts and at the deadline") {
    auto web = named("web");
    web.ready.kind = pod::Probe::Kind::http;
    web.ready.deadline_ms = 1'000;
    Pod pod({web});
    pod.pass(0);
    pod.send({.kind = Event::Kind::probe_answered, .text = "port 1: Connection refused"});
    CHECK(pod.at(0).reason == "not ready yet: port 1: Connection refused");
    pod.pass(1'000);
    CHECK(pod.at(0).phase == Phase::unhealthy);
    CHECK(pod.at(0).reason == "not ready after 1000 ms: port 1: Connection refused");
    // An attempt without an answer is a no as well.
    web.ready.timeout_ms = 300;
    Pod silent({web});
    silent.pass(1'000);
    CHECK(silent.at(0).reason == "not ready after 1000 ms: no answer within 300 ms");
}
