// SPDX-License-Identifier: Apache-2.0
// Runs a plan's steps, at the same time as far as their dependencies and this machine allow. Used by build.cpp. Steps
// in the store are taken from there; throwaway steps are made only for a step that is built.
#pragma once

#include "engine/estimate.hpp"
#include "engine/machine_budget.hpp"
#include "engine/run_step.hpp"
#include "engine/shared_cache.hpp"
#include "plan/plan.hpp"

namespace tmplbuild {

struct BuiltStep {
    std::string id;
    Digest key;
    bool hit = false;
    double seconds = 0;   // how long its build took, now or earlier
    std::string cache{};  // as in StepResult
    StepOutput output;
    bool in_image = true;
};

// Finds steps and makes them: the store and the engines do it, or a test.
class StepMaker {
  public:
    virtual ~StepMaker() = default;
    // The result of an earlier build; none where there is none.
    virtual std::optional<StepResult> find(const Step& step) = 0;
    // Whether a result that was found can still be had: its layers are here, or a cache has not lost them.
    virtual bool can_have(const StepResult& result) const = 0;
    // The memory in bytes that it will need at its peak, as far as that can be told; 0: very little.
    virtual std::uint64_t memory_of(const Step& step) = 0;
    // Called once, on the caller's thread, before the first make(). May throw BuildError.
    virtual void begin() = 0;
    // Called for any number of steps at once, each on a thread of its own.
    virtual Result<StepResult> make(const Step& step, const StepInputs& inputs, const std::stop_token& stop) = 0;
};

// Uses the store and the engines; `machine` makes the sandbox, and is called only if some step has to be built.
class EngineSteps : public StepMaker {
  public:
    using Machine = std::function<Result<std::unique_ptr<Sandbox>>()>;
    EngineSteps(StepEnvironment environment, Machine machine)
        : environment_(std::move(environment)), machine_(std::move(machine)) {}

    std::optional<StepResult> find(const Step& step) override { return find_step(step, environment_); }
    bool can_have(const StepResult& result) const override {
        return environment_.cache == nullptr || environment_.cache->can_read(result.output.layers);
    }
    // Known from earlier builds, for steps that need much.
    std::uint64_t memory_of(const Step& step) override {
        return step.estimated_memory == 0 ? 0 : estimate_step(step, environment_.store).memory;
    }
    void begin() override {
        sandbox_ = machine_().value();
        if (environment_.cache != nullptr)
            sandbox_ = environment_.cache->pulling(std::move(sandbox_), environment_.stop);
        environment_.sandbox = sandbox_.get();
    }
    Result<StepResult> make(const Step& step, const StepInputs& inputs, const std::stop_token& stop) override {
        StepEnvironment environment = environment_;
        environment.stop = stop;
        return make_step(step, environment, inputs);
    }

  private:
    StepEnvironment environment_;
    Machine machine_;
    std::unique_ptr<Sandbox> sandbox_;
};

// Results in the plan's order, without throwaways that no step needed. The first failure stops the rest. Throws
// BuildError.
std::vector<BuiltStep> run_plan(const Plan& plan, StepMaker& steps, const MachineBudget& budget, Progress& progress,
                                const std::stop_token& stop);

}  // namespace tmplbuild
