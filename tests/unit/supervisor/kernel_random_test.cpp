// SPDX-License-Identifier: Apache-2.0
// Random sequences of everything that can happen to a pod with kernels, on a fake clock: what holds in each state of
// it.
#include <map>
#include <random>

#include "supervisor/kernel_pod.hpp"
#include "supervisor/table_watch.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::launch;

namespace {

using Kind = Event::Kind;

pod::PodSpec random_spec(std::mt19937& random) {
    pod::PodSpec spec = Pod(static_cast<pod::InstallMode>(random() % 4)).spec;
    pod::Kernel second = spec.kernels[0];
    second.name = "other";
    second.install = static_cast<pod::InstallMode>(random() % 4);
    for (pod::Kernel* kernel : {&spec.kernels[0], &second}) {
        if (random() % 3 == 0) kernel->fallback = {"/fallback", "attention", "1.0.6", {"8.6"}};
        if (random() % 3 == 0) kernel->python.torch_git_version = "abc";
        if (random() % 4 == 0) kernel->build.command.clear();
    }
    spec.kernels.push_back(second);
    pod::Service both = spec.services[0];
    both.name = "both";
    both.uses_kernels = {"attention", "other"};
    both.on_kernel_ready = static_cast<pod::OnKernelReady>(random() % 3);
    both.oneshot = random() % 8 == 0;
    spec.services.push_back(both);
    for (pod::Service& service : spec.services)
        if (random() % 2 == 0) {
            service.ready.kind = pod::Probe::Kind::log;
            service.ready.log = "up";
            service.ready.deadline_ms = random() % 2 == 0 ? 0 : 3'000;
        }
    return spec;
}

// Answers what the actions ask for, at random moments, as the engine would: one end for each helper, job and process.
class World {
  public:
    World(std::mt19937& random, TableWatch& watch)
        : random_(random), watch_(watch), spec_(random_spec(random)), state_(first_state(spec_)) {
        send({.kind = Kind::start});
    }

    void random_event() {
        now_ += static_cast<Time>(random_() % 4'000);
        // Ends and pauses come often: services that end twice with a kernel are what withdraws it.
        static constexpr Kind kinds[] = {
            Kind::tick,         Kind::tick,         Kind::tick,          Kind::exited,          Kind::exited,
            Kind::exited,       Kind::executed,     Kind::log_matched,   Kind::stop_service,    Kind::restart_service,
            Kind::gpu_answered, Kind::gpu_answered, Kind::kernel_done,   Kind::kernel_done,     Kind::kernel_compiled,
            Kind::kernel_retry, Kind::kernel_off,   Kind::idle_answered, Kind::kernel_progress, Kind::service_degraded};
        Event event{.kind = kinds[random_() % std::size(kinds)]};
        event.service = random_() % spec_.services.size();
        event.kernel = random_() % spec_.kernels.size();
        event.ok = random_() % 2 == 0;
        event.code = event.ok ? 0 : static_cast<int>(random_() % 4 == 0 ? 77 : random_() % 4);
        event.text = "words";
        const bool by_person = event.kind == Kind::kernel_retry || event.kind == Kind::kernel_off;
        if (by_person && random_() % 4 != 0) return;
        answer_one(event);
    }

    // Everything that is under way ends, badly; no job is tried again by itself.
    void come_to_rest() {
        for (int round = 0; round < 200; ++round) {
            const Time due = next_due(state_);
            answer_one({.kind = Kind::gpu_answered, .ok = true, .text = answer(mismatch, true)});
            for (std::size_t i = 0; i < spec_.services.size(); ++i) answer_one({.kind = Kind::executed, .service = i});
            for (std::size_t k = 0; k < spec_.kernels.size(); ++k) {
                answer_one({.kind = Kind::kernel_done, .kernel = k, .code = 1, .text = "no"});
                answer_one({.kind = Kind::kernel_compiled, .kernel = k, .code = 1, .text = "no"});
            }
            if (due == never) continue;
            now_ = std::max(now_, due);
            send({.kind = Kind::tick});
        }
        for (std::size_t i = 0; i < spec_.services.size(); ++i) {
            INFO(spec_.services[i].name << " " << to_string(state_.services[i].phase) << " "
                                        << state_.services[i].reason);
            CHECK(state_.services[i].phase != Phase::waiting);
        }
        for (std::size_t k = 0; k < spec_.kernels.size(); ++k) {
            CHECK(state_.kernels[k].phase != KernelPhase::waiting);
            CHECK(state_.kernels[k].phase != KernelPhase::compiling);
        }
    }

    void must_end() {
        send({.kind = Kind::terminate});
        const Time limit = now_ + spec_.stop_total_ms;
        // Whoever still answers or asks: nothing begins any more (see check()).
        for (int late = static_cast<int>(random_() % 4); late > 0; --late)
            answer_one({.kind = random_() % 2 == 0 ? Kind::kernel_done : Kind::kernel_compiled,
                        .kernel = random_() % spec_.kernels.size(),
                        .ok = random_() % 2 == 0,
                        .text = "words"});
        send({.kind = Kind::kernel_retry, .kernel = random_() % spec_.kernels.size()});
        answer_one({.kind = Kind::gpu_answered, .ok = true, .text = "words"});
        while (state_.mode != Mode::over) {
            const Time due = next_due(state_);
            REQUIRE(due <= limit);
            now_ = std::max(now_, due);
            send({.kind = Kind::tick});
        }
    }

  private:
    void answer_one(Event event) {
        const std::size_t i = event.service, k = event.kernel;
        switch (event.kind) {
            case Kind::exited:
                if (state_.services[i].pid == 0) return;
                event.status = random_() % 3 == 0 ? 0 : 1 << 8;
                break;
            case Kind::gpu_answered:
                if (!std::exchange(asked_gpu_, false)) return;
                if (event.text == "words") event = random_answer();
                break;
            case Kind::kernel_done:
                if (!std::exchange(task_[k], false)) return;
                if (event.ok) note_place(k);
                break;
            case Kind::kernel_compiled:
                if (!std::exchange(job_[k], false)) return;
                if (!event.ok && event.text == "words") event.retry_cause = static_cast<RetryCause>(random_() % 5);
                if (event.retry_cause != RetryCause::none) may_compile_[k] = true;
                break;
            case Kind::kernel_retry:
                may_compile_[k] = true;
                break;
            default:
                break;
        }
        send(event);
    }

    Event random_answer() {
        const std::string texts[] = {answer(match),          answer(mismatch), answer(refused), answer(match, true),
                                     answer(mismatch, true), answer(mismatch), "nonsense"};
        return {.kind = Kind::gpu_answered, .ok = random_() % 8 != 0, .text = texts[random_() % std::size(texts)]};
    }

    void send(Event event) {
        event.now = now_;
        event.jitter = static_cast<int>(random_() % 2001) - 1000;
        Step step = watch_.step(spec_, std::move(state_), event);
        state_ = std::move(step.state);
        std::vector<std::size_t> started;
        for (const Action& action : step.actions) {
            check(action);
            if (action.kind == Action::Kind::spawn) started.push_back(action.service);
        }
        if (event.kind == Kind::tick && state_.mode == Mode::running) REQUIRE(next_due(state_) > now_);
        check_state();
        for (const std::size_t i : started) send({.kind = Kind::spawned, .service = i, .pid = ++pid_});
    }

    void check(const Action& action) {
        const std::size_t i = action.service, k = action.kernel;
        switch (action.kind) {
            case Action::Kind::ask_gpu:
                asked_gpu_ = true;
                break;
            case Action::Kind::spawn:
                for (std::size_t each = 0; each < spec_.kernels.size(); ++each)
                    if (state_.services[i].with_kernel && uses(i, each)) REQUIRE(state_.kernels[each].in_place);
                break;
            case Action::Kind::kernel_task:
                REQUIRE(state_.mode == Mode::running);
                REQUIRE_FALSE(task_[k]);  // one at a time
                task_[k] = true;
                break;
            case Action::Kind::kernel_compile:
                REQUIRE(state_.mode == Mode::running);
                REQUIRE_FALSE(job_[k]);    // one at a time
                REQUIRE(may_compile_[k]);  // once, and again only for a cause that passes, or when a person asked
                may_compile_[k] = false;
                job_[k] = true;
                break;
            case Action::Kind::end_kernel_compile:
                job_[k] = false;  // whatever it still says is not heard
                break;
            default:
                break;
        }
    }

    bool uses(std::size_t i, std::size_t k) const {
        const auto& names = spec_.services[i].uses_kernels;
        return std::find(names.begin(), names.end(), spec_.kernels[k].name) != names.end();
    }

    // As the helper does it, whether or not anybody still wants to know.
    void note_place(std::size_t k) {
        const KernelTask& task = state_.kernels[k].tasks.front();
        if (task.kind == KernelTask::Kind::activate) place_[k] = task.directory;
        if (task.kind == KernelTask::Kind::deactivate) place_[k].clear();
    }
    static unsigned waiting_placements(const KernelState& kernel) {
        unsigned out = 0;
        for (const KernelTask& task : kernel.tasks)
            if (task.kind == KernelTask::Kind::activate && !task.abandoned) ++out;
        return out;
    }

    // What does not hold of a kernel's state; null: everything does. Asked after each event, so no CHECK for each.
    const char* problem_of(std::size_t k) {
        const KernelState& kernel = state_.kernels[k];
        const KernelPhase phase = kernel.phase;
        const bool used =
            phase == KernelPhase::available || phase == KernelPhase::active || phase == KernelPhase::degraded;
        if (used && !kernel.in_place) return "it is used and not in place";
        if (phase == KernelPhase::active && kernel.simulated) return "a stand-in for a driver made it active";
        if (state_.mode != Mode::running) return nullptr;
        if (kernel.compiling != job_[k]) return "its job runs, or not, and it does not know";
        if (kernel.compiling != (phase == KernelPhase::compiling)) return "its job runs in another state, or not in it";
        const bool tries = kernel.compiling || kernel.next_try != never;
        if (kernel.compiling && kernel.next_try != never) return "its job runs, and is to be tried again";
        if (kernel.tasks.empty() == task_[k]) return "its helper runs, or not, and it does not know";
        if (kernel.in_place && place_[k].empty()) return "nothing is in place";
        if (kernel.in_place && kernel.fallback != (place_[k] == "/fallback")) return "something else is in place";
        if (kernel.in_place && !kernel.fallback && tries) return "it is made again while it is in place";
        if (waiting_placements(kernel) > (kernel.fallback ? 1U : 2U)) return "it is put in place twice";
        if (spec_.kernels[k].install == pod::InstallMode::off && phase != KernelPhase::off) return "its mode is off";
        return nullptr;
    }

    void check_state() {
        for (std::size_t k = 0; k < spec_.kernels.size(); ++k) {
            const char* problem = problem_of(k);
            if (problem == nullptr) continue;
            FAIL(spec_.kernels[k].name << ": " << to_string(state_.kernels[k].phase) << ", " << state_.kernels[k].reason
                                       << ": " << problem);
        }
    }

    std::mt19937& random_;
    TableWatch& watch_;
    pod::PodSpec spec_;
    PodState state_;
    Time now_ = 1000;
    pid_t pid_ = 100;
    bool asked_gpu_ = false;
    std::map<std::size_t, bool> task_, job_;
    std::map<std::size_t, std::string> place_;  // what `active` names; empty: nothing
    std::map<std::size_t, bool> may_compile_{{0, true}, {1, true}};
};

}  // namespace

TEST_CASE("20,000 random lives of a pod with two kernels keep the promises about kernels") {
    std::mt19937 random(11);
    TableWatch watch;
    for (int life = 0; life < 20'000; ++life) {
        INFO("life " << life);
        World world(random, watch);
        const int events = static_cast<int>(random() % 60);
        for (int i = 0; i < events; ++i) world.random_event();
        if (life % 4 == 0) world.come_to_rest();
        world.must_end();
    }
    CHECK(watch.kernels.not_seen() == "");
    CHECK(watch.services.entries_not_seen(concerns_kernels) == "");
}
