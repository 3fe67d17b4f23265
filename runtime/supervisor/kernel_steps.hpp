// SPDX-License-Identifier: Apache-2.0
// The kernels' half of transition(): the GPU verdict, which variant a kernel uses, with which arguments a service
// starts, when it is restarted for a kernel. Pure, as transition() is; called by it alone.
#pragma once

#include <string>
#include <vector>

#include "supervisor/model.hpp"
#include "supervisor/trace.hpp"

namespace tmplbuild::launch {

class KernelSteps {
  public:
    KernelSteps(const pod::PodSpec& spec, PodState& state, Time now, std::vector<Action>& actions, Trace* trace)
        : spec_(spec), state_(state), now_(now), actions_(actions), trace_(trace) {}

    // Carries out the table's entry for an event of kernel `k`. `task`: the one whose answer the event is.
    void happens(std::size_t k, KernelEvent what, const Event& event = {}, const KernelTask* task = nullptr);
    void start();
    // Called once every service without needs was started: no probe and no helper is started before the first service.
    void services_started();
    void take_gpu(const Event& event);
    void task_done(std::size_t k, const Event& event);
    void tick();
    void stop();  // the pod stops

    // kernel_services.cpp: what services and kernels mean for each other.
    // Whether kernels and GPUs let the service start; `missing` says what it waits for otherwise.
    bool may_start(std::size_t i, std::string& missing);
    void service_starts(std::size_t i);  // decides the service's arguments
    void service_ready(std::size_t i);
    void service_ended(std::size_t i, bool ordered);
    void service_degraded(std::size_t i, const Event& event);
    void ask_idle(std::size_t i);
    void take_idle(std::size_t i, bool idle);
    // The services that are to be restarted for a kernel; each is returned once.
    std::vector<std::size_t> restarts();

  private:
    struct Cause;
    struct Moves;
    KernelState& at(std::size_t k) { return state_.kernels[k]; }
    bool uses(std::size_t i, std::size_t k) const;
    bool uses_any(std::size_t i) const { return !spec_.services[i].uses_kernels.empty(); }
    bool wants_host(std::size_t i) const { return uses_any(i) || !spec_.services[i].args_without_gpu.empty(); }
    bool all_in_place(std::size_t i) const;
    void say(const std::string& who, const std::string& text);
    void enter(std::size_t k, KernelPhase phase, std::string reason);
    void heed_mode(std::size_t k);
    void judge(std::size_t k);
    void retry(std::size_t k);
    void switch_off(std::size_t k);
    void use_fallback(std::size_t k);

    // kernel_helpers.cpp: the tasks of helpers, and what their answers mean
    enum class Files { variant, fallback };
    bool is_being_placed(std::size_t k, Files files);  // a helper's task does it now, or will
    bool is_fallback(std::size_t k, const KernelTask& task) const;
    void push(std::size_t k, KernelTask task);
    void run_first(std::size_t k);
    void activate(std::size_t k, const std::string& directory, const std::string& digest);
    void answered(std::size_t k, const KernelTask& task, const Event& event);
    void take_place(std::size_t k, const KernelTask& task, const Event& event);
    void take_away(std::size_t k, const Event& event);
    void take_match(std::size_t k, const KernelTask& task, const Event& event);
    void cannot_place(std::size_t k, bool fallback, const Event& event);
    void check(std::size_t k, std::size_t service);
    void take_check(std::size_t k, const Event& event);
    void give_up(std::size_t k, const Event& event);
    void withdraw(std::size_t k, KernelPhase phase, const std::string& reason);
    void end_helper(std::size_t k);
    void end_work(std::size_t k);

    // kernel_job_steps.cpp: the kernel's job
    void compile(std::size_t k);
    void take_job(std::size_t k, const Event& event);
    void take_progress(std::size_t k, const Event& event);
    void try_later(std::size_t k, const Event& event);

    void degrade(std::size_t k, const Event& event);
    void trust_again(std::size_t k);
    void give_up_after_ends(std::size_t k, std::size_t i);
    void renew_for_gpu();
    void renew_users(std::size_t k);
    void renew(std::size_t i);  // the service runs with other arguments than it would get now

    const pod::PodSpec& spec_;
    PodState& state_;
    Time now_;
    std::vector<Action>& actions_;
    Trace* trace_;
};

Time kernels_due(const PodState& state);

}  // namespace tmplbuild::launch
