// SPDX-License-Identifier: Apache-2.0
// One step: it is taken from the store when its key is there, else its inputs are fetched, and its engine builds and
// records it. Used to run a plan, and to make the base while the lock is completed. Never decides which steps there
// are.
#pragma once

#include <set>

#include "engine/step_context.hpp"

namespace tmplbuild {

struct StepEnvironment {
    const Store& store;
    io::ProcessRunner& processes;
    io::Http& http;
    Progress& progress;
    std::stop_token stop;
    Compression compression;
    BaseContract contract;
    Sandbox* sandbox = nullptr;
    std::map<std::string, std::string> secrets{};
    std::filesystem::path nvcc_front{};
    std::shared_ptr<const registry::Client> registries{};
    SharedCache* cache = nullptr;  // as ResolveContext has it
};

struct StepResult {
    StepOutput output;
    bool hit = false;
    double seconds = 0;
    std::string cache{};  // the shared cache from which it came, now or in an earlier build; empty: it was made here
    std::optional<Digest> basis{};    // as basis_of() was when it was made
    std::set<std::string> signers{};  // as a record has them
};

// The results of the steps that it needs, by id, and their layers, bottom first.
struct StepInputs {
    std::vector<BuiltLayer> below;
    std::map<std::string, NeededStep> needed;
    std::optional<Digest> basis{};    // as basis_of() says of them
    std::set<std::string> signers{};  // of what they rest on
    unsigned jobs = 1;
    std::function<void()> tell_out_of_memory{};
};

// What decides the bytes of a step's result beside its key, since the key names the steps below and not their bytes:
// the layers that a change was made over, and the proofs that pod.json holds. Two builders may have made those with
// other bytes, and the result of the one is none over the steps of the other. None for steps whose key names
// everything.
// `output_of` gives what the steps that it needs have left.
std::optional<Digest> basis_of(const Step& step,
                               const std::function<const StepOutput&(const std::string& id)>& output_of);

// The step must have a key.
std::optional<StepResult> find_step(const Step& step, const StepEnvironment& environment);
Result<StepResult> make_step(const Step& step, const StepEnvironment& environment, const StepInputs& inputs);

}  // namespace tmplbuild
