// SPDX-License-Identifier: Apache-2.0
// A plan as Graphviz draws it: `tmplbuild plan --dot TEMPLATE | dot -Tsvg`. Never looks anything up.
#pragma once

#include <string>
#include <vector>

#include "plan/plan.hpp"

namespace tmplbuild::cli {

// A step beside what the store says of it.
struct PlanRow {
    const Step* step;
    bool hit = false;
    bool unused = false;      // a throwaway that nothing needs which is to be built
    std::string why{};        // it is no hit
    std::uint64_t bytes = 0;  // of its layers: as they are, or a guess

    const char* state() const { return hit ? "hit" : unused ? "unused" : step->key ? "miss" : "unresolved"; }
};

// In the DOT language (graphviz.org/doc/info/lang.html): a box a step, an arrow from each step to what needs it. Steps
// in the store are grey, throwaways dashed; a kernel's box names the GPUs that its variant is for.
std::string plan_graph(const Plan& plan, const std::vector<PlanRow>& rows);

}  // namespace tmplbuild::cli
