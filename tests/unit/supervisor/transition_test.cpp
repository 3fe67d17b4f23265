// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <map>
#include <random>
#include <utility>

#include "supervisor/model.hpp"
#include "supervisor/named_service.hpp"
#include "supervisor/table_watch.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::launch;

namespace {

pod::PodSpec random_spec(std::mt19937& random) {
    pod::PodSpec spec;
    const int count = 1 + static_cast<int>(random() % 5);
    for (int i = 0; i < count; ++i) {
        pod::Service service = named("s" + std::to_string(i));
        for (int j = 0; j < i; ++j)
            if (random() % 3 == 0) service.needs.push_back("s" + std::to_string(j));
        service.oneshot = random() % 4 == 0;
        service.critical = random() % 8 == 0;
        service.restart.policy = static_cast<pod::Restart::Policy>(random() % 3);
        service.restart.budget = random() % 3;
        service.stop_grace_ms = 1 + static_cast<std::int64_t>(random() % 3000);  // one of 0 is over at once
        if (random() % 3 == 0) {
            service.ready.kind = random() % 3 == 0 ? pod::Probe::Kind::log : pod::Probe::Kind::http;
            service.ready.deadline_ms = random() % 2 == 0 ? 0 : 500;
        }
        if (!service.oneshot && random() % 3 == 0) {
            service.health.kind = pod::Probe::Kind::tcp;
            service.health_failures = 1 + static_cast<std::int64_t>(random() % 3);
        }
        spec.services.push_back(std::move(service));
    }
    spec.stop_total_ms = 100 + static_cast<std::int64_t>(random() % 9000);
    return spec;
}

// A world that does what the actions say, at random moments, and checks that each of them makes sense.
class World {
  public:
    World(std::mt19937& random, pod::PodSpec spec, TableWatch& watch)
        : random_(random), watch_(watch), spec_(std::move(spec)), state_(first_state(spec_)) {}

    void send(Event event) {
        event.now = now_;
        if (event.kind == Event::Kind::terminate) ++terms_;
        event.jitter = static_cast<int>(random_() % 2001) - 1000;
        Step step = watch_.step(spec_, std::move(state_), event);
        state_ = std::move(step.state);
        for (const Action& action : step.actions) check(action);
        // A tick deals with all that is due: else the launcher would not sleep.
        if (event.kind == Event::Kind::tick && state_.mode != Mode::over && next_due(state_) <= now_)
            FAIL("a tick leaves something due");
    }

    void random_event() {
        now_ += static_cast<Time>(random_() % (random_() % 8 == 0 ? 4000 : 300));
        const std::size_t i = random_() % spec_.services.size();
        Event event{.kind = static_cast<Event::Kind>(random_() % 16), .service = i};
        switch (event.kind) {
            case Event::Kind::spawned:
                if (!asked_[i]) return;
                asked_[i] = false;
                event.pid = pids_[i] = ++next_pid_;
                if (state_.killed) told_[i] = event.pid;  // it came when the time for all was over
                break;
            case Event::Kind::spawn_failed:
                if (!asked_[i]) return;
                asked_[i] = false;
                break;
            case Event::Kind::exited:
                if (pids_[i] == 0) return;
                pids_[i] = 0;
                event.status = random_() % 2 == 0 ? 0 : 3 << 8;
                if (random_() % 3 == 0) event.more = "PID 7 (left)";
                break;
            case Event::Kind::stop_service:
            case Event::Kind::restart_service:
                if (pids_[i] == 0 && random_() % 3 == 0) event.more = "PID 7 (left)";
                break;
            case Event::Kind::foreground_started:
                if (std::exchange(has_command_, true)) return;
                event.pid = 2;
                break;
            case Event::Kind::foreground_exited:
                if (state_.foreground == 0 || random_() % 10 != 0) return;
                event.status = 5 << 8;
                break;
            case Event::Kind::no_children:
                for (const auto& [service, pid] : pids_)
                    if (pid != 0) return;
                break;
            case Event::Kind::terminate:
                if (random_() % (state_.mode == Mode::running ? 20 : 4) != 0) return;
                break;
            default:
                event.ok = random_() % 2 == 0;
                break;
        }
        send(event);
    }

    // From TERM on, the stop is over within its limit whatever the services do.
    void must_end() {
        send({.kind = Event::Kind::terminate});
        const Time limit = now_ + spec_.stop_total_ms;
        if (random_() % 4 == 0) send({.kind = Event::Kind::terminate});
        while (state_.mode != Mode::over) {
            const Time due = next_due(state_);
            if (due == never || due > limit) FAIL("the stop does not end in time");
            now_ = std::max(now_, due);
            send({.kind = Event::Kind::tick});
        }
        CHECK(left_ == 1);
    }
    bool over() const { return state_.mode == Mode::over; }

  private:
    void check(const Action& action) {
        const std::size_t i = action.service;
        switch (action.kind) {
            case Action::Kind::spawn:
                REQUIRE(state_.mode == Mode::running);
                REQUIRE_FALSE(asked_[i]);
                REQUIRE(pids_[i] == 0);
                REQUIRE(state_.services[i].left == 0);
                asked_[i] = true;
                break;
            case Action::Kind::signal_group:
                REQUIRE(pids_[i] != 0);
                if (action.signal != SIGKILL) told_[i] = pids_[i];
                if (action.signal == SIGKILL && terms_ < 2) REQUIRE(told_[i] == pids_[i]);
                break;
            case Action::Kind::signal_left:
                REQUIRE(pids_[i] == 0);
                REQUIRE(state_.services[i].left != 0);
                break;
            case Action::Kind::leave:
                ++left_;
                break;
            default:
                break;
        }
    }

    std::mt19937& random_;
    TableWatch& watch_;
    pod::PodSpec spec_;
    PodState state_;
    Time now_ = 1;
    std::map<std::size_t, bool> asked_;
    std::map<std::size_t, pid_t> pids_;
    std::map<std::size_t, pid_t> told_;  // has had its stop signal
    int terms_ = 0;                      // the second kills at once
    pid_t next_pid_ = 2;
    bool has_command_ = false;  // once in a life
    int left_ = 0;
};

}  // namespace

TEST_CASE("100,000 random sequences keep the supervisor's promises") {
    std::mt19937 random(20260101);  // fixed: a failure is repeatable
    TableWatch watch;
    for (int sequence = 0; sequence < 100'000; ++sequence) {
        World world(random, random_spec(random), watch);
        world.send({.kind = Event::Kind::start});
        const int length = static_cast<int>(random() % 40);
        for (int i = 0; i < length && !world.over(); ++i) world.random_event();
        if (!world.over()) world.must_end();
    }
    CHECK(watch.services.not_seen([](ServiceEvent event) { return !concerns_kernels(event); }) == "");
    CHECK(watch.pod.not_seen() == "");
}

TEST_CASE("the pause before a restart doubles up to its cap") {
    pod::Restart restart;
    restart.backoff_min_ms = 100;
    restart.backoff_max_ms = 1000;
    CHECK(backoff_pause(restart, 1, 0) == 100);
    CHECK(backoff_pause(restart, 2, 0) == 200);
    CHECK(backoff_pause(restart, 4, 0) == 800);
    CHECK(backoff_pause(restart, 5, 0) == 1000);
    CHECK(backoff_pause(restart, 5000, 0) == 1000);
    CHECK(backoff_pause(restart, 1, 1000) == 110);
    CHECK(backoff_pause(restart, 1, -1000) == 90);
}

TEST_CASE("services that need each other in a circle fail with words, the rest start") {
    pod::PodSpec spec;
    spec.services = {named("a"), named("b"), named("c")};
    spec.services[0].needs = {"b"};
    spec.services[1].needs = {"a"};
    const Step step = transition(spec, first_state(spec), {.kind = Event::Kind::start});
    CHECK(step.state.services[0].phase == Phase::failed);
    CHECK_FALSE(step.state.services[0].reason.empty());
    CHECK(step.state.services[2].phase == Phase::starting);
}

TEST_CASE("an idle pod asks for no wake-up") {
    pod::PodSpec spec;
    spec.services = {named("a")};
    Step step = transition(spec, first_state(spec), {.kind = Event::Kind::start});
    step = transition(spec, step.state, {.kind = Event::Kind::spawned, .now = 1, .pid = 5});
    step = transition(spec, step.state, {.kind = Event::Kind::executed, .now = 2});
    CHECK(step.state.services[0].phase == Phase::ready);
    CHECK(next_due(step.state) == never);
}
