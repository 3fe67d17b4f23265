// SPDX-License-Identifier: Apache-2.0
// The kernels' half of transition(): the GPU verdict, which variant a kernel uses, what a service is started with, when
// it is restarted for a kernel. Pure, as transition() is; called by it alone.
#pragma once

#include "supervisor/model.hpp"

namespace tmplbuild::launch {

class KernelSteps {
  public:
    KernelSteps(const pod::PodSpec& spec, PodState& state, Time now, std::vector<Action>& actions)
        : spec_(spec), state_(state), now_(now), actions_(actions) {}

    void handle(const Event& event);
    // After every service that needs nothing: no probe and no helper is started before the first of them.
    void services_started();
    void tick();
    // Whether the service may start as far as kernels and GPUs go; `missing` says what it waits for.
    bool may_start(std::size_t i, std::string& missing);
    void starts(std::size_t i);  // decides its arguments
    void is_ready(std::size_t i);
    void ended(std::size_t i, bool ordered);
    // Every restart that a kernel asks for, once each.
    std::vector<std::size_t> restarts();
    void stop();  // the pod stops

  private:
    KernelState& at(std::size_t k) { return state_.kernels[k]; }
    bool uses(std::size_t i, std::size_t k) const;
    bool uses_any(std::size_t i) const { return !spec_.services[i].uses_kernels.empty(); }
    bool wants_host(std::size_t i) const { return uses_any(i) || !spec_.services[i].args_without_gpu.empty(); }
    bool all_in_place(std::size_t i) const;
    void say(const std::string& who, const std::string& text);
    void enter(std::size_t k, KernelPhase phase, std::string reason);
    void start();
    void on_gpu(const Event& event);
    void judge(std::size_t k);
    void use_fallback(std::size_t k);
    void compile(std::size_t k);
    void push(std::size_t k, KernelTask task);
    void activate(std::size_t k, const std::string& directory, const std::string& digest);
    void give_up(std::size_t k, const Event& event);
    void run_first(std::size_t k);
    void ask_idle();
    void on_task_done(std::size_t k, const Event& event);
    void on_task_answer(std::size_t k, const KernelTask& task, const Event& event);
    void on_activated(std::size_t k, const KernelTask& task, const Event& event);
    void on_checked(std::size_t k, const Event& event);
    void on_compiled(std::size_t k, const Event& event);
    void on_progress(std::size_t k, const Event& event);
    void try_later(std::size_t k, const Event& event);
    void try_again();
    void withdraw(std::size_t k, KernelPhase phase, const std::string& reason);
    void check(std::size_t k, std::size_t service);
    void renew_for_gpu();
    void renew(std::size_t i);  // the service runs with other arguments than it would be started with now
    void on_idle(std::size_t i, bool idle);

    const pod::PodSpec& spec_;
    PodState& state_;
    Time now_;
    std::vector<Action>& actions_;
};

Time kernels_due(const PodState& state);

}  // namespace tmplbuild::launch
