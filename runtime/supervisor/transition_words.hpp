// SPDX-License-Identifier: Apache-2.0
// The words of the table of transition_table.hpp: what each event and each move is, and where a move may lead. For the
// test that prints the table and holds it to what happens; the launcher itself never reads them.
#pragma once

#include <span>

#include "supervisor/transition_table.hpp"

namespace tmplbuild::launch {

// A name and what it stands for; of a move also the states that it may lead to, one bit each.
template <typename Value>
struct Meaning {
    Value value;
    const char* name;
    const char* words;
    unsigned leads_to = 0;
};
std::span<const Meaning<ServiceEvent>> service_events();
std::span<const Meaning<ServiceMove>> service_moves();
std::span<const Meaning<PodEvent>> pod_events();
std::span<const Meaning<PodMove>> pod_moves();
std::span<const Meaning<KernelEvent>> kernel_events();
std::span<const Meaning<KernelMove>> kernel_moves();

}  // namespace tmplbuild::launch
