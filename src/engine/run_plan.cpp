// SPDX-License-Identifier: Apache-2.0
#include "engine/run_plan.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>

#include "base/as_result.hpp"

namespace tmplbuild {

namespace {

class Run {
  public:
    Run(const Plan& plan, StepMaker& steps, const MachineBudget& budget, Progress& progress)
        : plan_(plan), steps_(steps), budget_(budget), progress_(progress), results_(plan.steps.size()) {
        for (std::size_t i = 0; i < plan.steps.size(); ++i) places_.emplace(plan.steps[i].id, i);
    }

    // Finds steps in the store, then marks what the missing ones need: a throwaway counts only where a missing step
    // needs it.
    bool find() {
        std::vector<std::size_t> missing;
        for (std::size_t i = 0; i < plan_.steps.size(); ++i)
            if (plan_.steps[i].in_image && !take(i)) missing.push_back(i);
        for (std::size_t i = 0; i < plan_.steps.size(); ++i)
            if (!fits(i)) drop(i), missing.push_back(i);
        for (const std::size_t i : missing) want(i);
        return wanted_.empty();
    }

    void tell_hits() const {
        for (std::size_t i = 0; i < plan_.steps.size(); ++i)
            if (results_[i])
                progress_.finished(plan_.steps[i].id, StepOutcome::hit, results_[i]->seconds, plan_.steps[i].summary);
    }

    void build() {
        std::unique_lock lock(mutex_);
        std::vector<std::jthread> threads;
        for (;;) {
            if (!error_ && !failed_.stop_requested()) start_ready(threads);
            if (running_.empty()) break;
            changed_.wait(lock);
        }
        lock.unlock();
        threads.clear();  // waits for them
        if (error_) throw BuildError(*error_);
        // The steps that ran have returned that they were stopped; here no step had an error of its own.
        if (failed_.stop_requested()) throw BuildError(Error{.kind = ErrorKind::interrupted, .message = "stopped"});
    }

    // Asks running steps to end; those that begin later find the request already there.
    void stop() { failed_.request_stop(); }

    std::vector<BuiltStep> results() {
        std::vector<BuiltStep> out;
        for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
            if (!results_[i]) continue;
            const Step& step = plan_.steps[i];
            out.push_back({step.id, step.key->digest(), results_[i]->hit, results_[i]->seconds, results_[i]->cache,
                           std::move(results_[i]->output), step.in_image});
        }
        return out;
    }

  private:
    std::size_t index(const std::string& id) const { return places_.at(id); }
    bool take(std::size_t i) {
        results_[i] = steps_.find(plan_.steps[i]);
        return results_[i].has_value();
    }

    bool has_needs(const Step& step) const {
        return std::all_of(step.needs.begin(), step.needs.end(),
                           [&](const std::string& id) { return results_[index(id)].has_value(); });
    }
    std::optional<Digest> basis(const Step& step) const {
        return basis_of(step, [&](const std::string& id) -> const StepOutput& { return results_[index(id)]->output; });
    }
    // Whether a result was made over what the steps below have now; as far as they have something.
    bool fits(std::size_t i) const {
        const Step& step = plan_.steps[i];
        if (!results_[i] || !results_[i]->hit || !results_[i]->basis) return true;
        return !has_needs(step) || basis(step) == results_[i]->basis;
    }
    void drop(std::size_t i) {
        progress_.message(plan_.steps[i].id + " is made again: its result was made over other bytes than are below it");
        results_[i].reset();
    }
    // It is to be made, and what it needs and nobody has looked for yet is found, or to be made, too.
    void want(std::size_t first) {
        std::vector<std::size_t> missing{first};
        while (!missing.empty()) {
            const std::size_t i = missing.back();
            missing.pop_back();
            wanted_.insert(i);
            for (const std::string& id : plan_.steps[i].needs) {
                const std::size_t other = index(id);
                const bool is_wanted = wanted_.contains(other);
                if (results_[other] || (!is_wanted && take(other))) {
                    if (fits(other)) continue;
                    drop(other);
                } else if (is_wanted) {
                    continue;
                }
                missing.push_back(other);
            }
        }
    }
    bool needs(std::size_t i, std::size_t other) const {
        const std::vector<std::string>& all = plan_.steps[i].needs;
        return std::find(all.begin(), all.end(), plan_.steps[other].id) != all.end();
    }
    bool is_needed(std::size_t i) const {
        return plan_.steps[i].in_image || std::any_of(wanted_.begin(), wanted_.end(), [&](std::size_t above) {
                   return !results_[above] && needs(above, i);
               });
    }

    // Whether a step failed for what a cache has lost, which is made first, and then the step again.
    bool is_for_loss(std::size_t i) {
        for (const std::string& id : plan_.steps[i].needs) {
            const std::size_t other = index(id);
            if (!results_[other] || !results_[other]->hit || steps_.can_have(*results_[other])) continue;
            results_[other].reset();
            for (const std::size_t above : wanted_)
                if ((above == i || running_.contains(above)) && needs(above, other)) lost_below_.insert(above);
            // Another cache may have it.
            if (take(other) && fits(other)) continue;
            results_[other].reset();
            want(other);
        }
        return lost_below_.contains(i);
    }

    void start_ready(std::vector<std::jthread>& threads) {
        for (const std::size_t i : wanted_) {
            if (results_[i] || running_.contains(i)) continue;
            const Step& step = plan_.steps[i];
            if (!has_needs(step)) continue;
            std::vector<StepLoad> beside;
            for (const std::size_t other : running_) beside.push_back(load_of(other));
            const auto jobs = budget_.admit(load_of(i), beside, waiting_like(step));
            if (!jobs || !may_start(i)) continue;
            running_.insert(i);
            StepInputs inputs = inputs_of(step, alone_.contains(i) ? 1 : *jobs);
            // A second try is the last one.
            if (!alone_.contains(i)) inputs.tell_out_of_memory = [this, i] { killed(i); };
            threads.emplace_back([this, i, inputs] { make(i, inputs); });
        }
    }

    // A step that was killed for memory gets the machine for itself, one compiler at a time.
    bool may_start(std::size_t i) const {
        if (alone_.contains(i)) return running_.empty();
        return std::none_of(running_.begin(), running_.end(),
                            [&](std::size_t other) { return alone_.contains(other); });
    }
    void killed(std::size_t i) {
        const std::lock_guard lock(mutex_);
        alone_.insert(i);
        progress_.message(plan_.steps[i].id + " ran out of memory; it is tried once more, alone");
    }

    // Computed once, and again after a compile has ended, since that tells what its siblings will need.
    StepLoad load_of(std::size_t i) {
        const Step& step = plan_.steps[i];
        const auto [known, is_new] = memory_.try_emplace(i, 0);
        if (is_new) known->second = steps_.memory_of(step);
        return {step.kind(), known->second};
    }

    // How many steps of its kind could still run at the same time, since compiles share the cores among them.
    std::size_t waiting_like(const Step& step) const {
        std::size_t count = 0;
        for (const std::size_t i : wanted_)
            if (!results_[i] && plan_.steps[i].spec.index() == step.spec.index()) ++count;
        return count;
    }

    StepInputs inputs_of(const Step& step, unsigned jobs) const {
        StepInputs inputs;
        inputs.jobs = jobs;
        inputs.basis = basis(step);
        for (const std::string& id : step.needs) {
            const std::size_t other = index(id);
            const StepOutput& output = results_[other]->output;
            inputs.below.insert(inputs.below.end(), output.layers.begin(), output.layers.end());
            inputs.signers.insert(results_[other]->signers.begin(), results_[other]->signers.end());
            inputs.needed.emplace(id, NeededStep{plan_.steps[other].key->digest(), output.facts, output.layers});
        }
        return inputs;
    }

    void make(std::size_t i, const StepInputs& inputs) {
        auto result = as_result([&] { return steps_.make(plan_.steps[i], inputs, failed_.get_token()); });
        const std::lock_guard lock(mutex_);
        running_.erase(i);
        const bool is_again = !result && result.error().kind != ErrorKind::interrupted && is_for_loss(i);
        lost_below_.erase(i);
        if (is_again) {
            // It stays in wanted_.
        } else if (result) {
            results_[i] = std::move(*result);
            if (plan_.steps[i].kind().is_compile) memory_.clear();
            for (std::size_t above = i + 1; above < results_.size(); ++above)
                if (!fits(above) && is_needed(above)) drop(above), want(above);
        } else if (alone_.contains(i) && retried_.insert(i).second && result.error().kind == ErrorKind::build) {
            // The step stays in wanted_ and is tried again.
        } else if (!error_ || error_->kind == ErrorKind::interrupted) {
            // The error of a step that was stopped because another one failed is not reported.
            error_ = result.error();
            failed_.request_stop();
        }
        changed_.notify_all();
    }

    std::stop_source failed_;
    const Plan& plan_;
    StepMaker& steps_;
    const MachineBudget& budget_;
    Progress& progress_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::optional<StepResult>> results_;
    std::unordered_map<std::string, std::size_t> places_;  // index of each step of the plan, by id
    std::set<std::size_t> wanted_, running_;
    std::map<std::size_t, std::uint64_t> memory_;  // of load_of()
    std::set<std::size_t> alone_, retried_;        // killed for memory once
    std::set<std::size_t> lost_below_;             // running, over what a cache turned out to have lost
    std::optional<Error> error_;
};

}  // namespace

std::vector<BuiltStep> run_plan(const Plan& plan, StepMaker& steps, const MachineBudget& budget, Progress& progress,
                                const std::stop_token& stop) {
    Run run(plan, steps, budget, progress);
    const bool all = run.find();
    run.tell_hits();
    if (all) return run.results();
    steps.begin();
    const std::stop_callback forward(stop, [&] { run.stop(); });
    run.build();
    return run.results();
}

}  // namespace tmplbuild
