// SPDX-License-Identifier: Apache-2.0
// Writes a plan for Graphviz: `tmplbuild plan --dot TEMPLATE | dot -Tsvg`. Never looks anything up.
#pragma once

#include <string>
#include <vector>

#include "plan/plan.hpp"
#include "store/built_layer.hpp"

namespace tmplbuild::cli {

// A step, and what the store has of it.
struct PlanRow {
    const Step* step;
    bool hit = false;
    bool unused = false;               // its result is thrown away, and no step that is to be built needs it
    std::string why{};                 // the reason when it is no hit
    std::uint64_t bytes = 0;           // of its layers: their size, or an estimate
    std::vector<BuiltLayer> layers{};  // of a hit, and of a base whose registry told them
    std::string unknown{};             // why `bytes` is not known; empty: it is
    std::string cache{};               // the shared cache that has it, "docker://…"; empty: the store, or no hit

    const char* state() const { return hit ? "hit" : unused ? "unused" : step->key ? "miss" : "unresolved"; }
    const char* shown_state() const { return cache.empty() ? state() : "hit (remote)"; }
};

// In the DOT language (graphviz.org/doc/info/lang.html): a box for each step, an arrow from each step to the steps that
// need it. Steps in the store are grey, throwaways dashed; a kernel's box names the GPUs that its variant is for.
std::string plan_graph(const Plan& plan, const std::vector<PlanRow>& rows);

}  // namespace tmplbuild::cli
