// SPDX-License-Identifier: Apache-2.0
// A plan's steps, side by side as far as they need each other and this machine allows. Used by build.cpp. What is in
// the store is taken from there; throwaway steps are made only for a step that is not.
#pragma once

#include "engine/estimate.hpp"
#include "engine/machine_budget.hpp"
#include "engine/run_step.hpp"
#include "plan/plan.hpp"

namespace tmplbuild {

struct BuiltStep {
    std::string id;
    Digest key;
    bool hit = false;
    double seconds = 0;  // what building it took, now or then
    StepOutput output;
    bool in_image = true;
};

// Who finds steps and makes them: the store and the engines, or a test.
class StepMaker {
  public:
    virtual ~StepMaker() = default;
    // What an earlier build left, if it did.
    virtual std::optional<StepResult> find(const Step& step) = 0;
    // Bytes that it will hold at its largest moment, as far as that can be told; 0: next to nothing.
    virtual std::uint64_t memory_of(const Step& step) = 0;
    // Called once, before the first make() and on the caller's thread. May throw BuildError.
    virtual void begin() = 0;
    // Any number at once, each on a thread of its own.
    virtual Result<StepResult> make(const Step& step, const StepInputs& inputs, const std::stop_token& stop) = 0;
};

// By the store and the engines; `machine` makes the sandbox, and is called only if some step has to be built.
class EngineSteps : public StepMaker {
  public:
    using Machine = std::function<Result<std::unique_ptr<Sandbox>>()>;
    EngineSteps(StepEnvironment environment, Machine machine)
        : environment_(std::move(environment)), machine_(std::move(machine)) {}

    std::optional<StepResult> find(const Step& step) override { return find_step(step, environment_); }
    // By earlier builds, where it is of those that need much.
    std::uint64_t memory_of(const Step& step) override {
        return step.estimated_memory == 0 ? 0 : estimate_step(step, environment_.store).memory;
    }
    void begin() override {
        sandbox_ = machine_().value();
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

// In the plan's order, without throwaways that nobody needed. The first failure stops the rest. Throws BuildError.
std::vector<BuiltStep> run_plan(const Plan& plan, StepMaker& steps, const MachineBudget& budget, Progress& progress,
                                const std::stop_token& stop);

}  // namespace tmplbuild
