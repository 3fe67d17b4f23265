// SPDX-License-Identifier: Apache-2.0
// Which entries of the table a transition took, in order: tests compare the table with what really happens. The engine
// never asks for it.
#pragma once

#include <cstddef>
#include <vector>

#include "supervisor/transition_table.hpp"

namespace tmplbuild::launch {

template <typename State, typename What, typename Move>
struct Taken {
    std::size_t index;  // index of the service or the kernel
    State before;
    What event;
    Move move;
    State after;
    int depth;  // 0: not within another entry of the same table
};

template <typename State, typename What, typename Move>
struct Path {
    std::vector<Taken<State, What, Move>> taken{};
    int depth = 0;
};

struct Trace {
    Path<Mode, PodEvent, PodMove> pod{};
    Path<Phase, ServiceEvent, ServiceMove> services{};
    Path<KernelPhase, KernelEvent, KernelMove> kernels{};
};

// Carries out what the table says, and records it in `path` unless that is null.
template <typename State, typename What, typename Move, typename Run>
void follow(Path<State, What, Move>* path, std::size_t index, const State& state, What event, Move move, Run&& run) {
    if (path == nullptr) return run();
    const std::size_t at = path->taken.size();
    path->taken.push_back({index, state, event, move, state, path->depth++});
    run();
    --path->depth;
    path->taken[at].after = state;
}

}  // namespace tmplbuild::launch
