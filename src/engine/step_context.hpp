// SPDX-License-Identifier: Apache-2.0
// What every step's engine gets and returns. There is one engine per file in engine/steps/; run_step.cpp calls them. An
// engine sees only its spec and this; it never reads the template, the lock or another step's internals.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "engine/sandbox/sandbox.hpp"
#include "io/process.hpp"
#include "plan/step.hpp"
#include "resolve/base_contract.hpp"
#include "resolve/context.hpp"
#include "store/store.hpp"

namespace tmplbuild {

struct StepOutput {
    std::vector<BuiltLayer> layers;  // bottom first; empty for a step that only gives facts
    json::object facts;              // kept in the record
    std::uint64_t peak_memory = 0;   // bytes, of all processes of the command that needed most
};

// A finished step that this one needs.
struct NeededStep {
    Digest key;
    json::object facts;
    std::vector<BuiltLayer> layers{};
};

struct StepContext {
    std::string step;  // its id, for progress
    Digest key{};      // the step's own
    const Store& store;
    io::ProcessRunner& processes;
    io::Http& http;
    Progress& progress;
    std::stop_token stop;
    Compression compression = Compression::zstd;
    BaseContract contract;            // of the plan's base; empty for the base step itself
    Sandbox* sandbox = nullptr;       // set for every step of a build
    std::vector<BuiltLayer> below{};  // the layers of the steps that it needs, bottom first; its commands see them
    std::map<std::string, NeededStep> needed{};    // by id
    std::filesystem::path nvcc_front{};            // our program that stands before the toolchain's nvcc
    std::map<std::string, std::string> secrets{};  // name → content, of those that the command line gave
    unsigned jobs = 1;                             // how many processes it may keep busy
    // An engine calls it when its command was killed for memory, before it returns its error: the step may work when it
    // runs alone.
    std::function<void()> tell_out_of_memory{};
    std::shared_ptr<const registry::Client> registries{};  // as ResolveContext has it

    void say(const std::string& what) const { progress.doing(step, what); }
    ResolveContext resolving() const { return {store, processes, http, progress, stop, nullptr, registries}; }
};

}  // namespace tmplbuild
