// SPDX-License-Identifier: Apache-2.0
// The words for the table of transition_table.hpp: what each event and each move means, and to which states a move may
// lead. Used by the test that prints the table and compares it with what happens; the launcher itself never reads them.
#pragma once

#include <span>

#include "supervisor/transition_table.hpp"

namespace tmplbuild::launch {

// A name and its meaning; for a move also the states to which it may lead, one bit each.
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
