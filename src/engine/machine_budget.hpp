// SPDX-License-Identifier: Apache-2.0
// How much of this machine steps may use at once: cores and memory, as cgroups limit them (v1 and v2), not what the
// host has. Used by run_plan.cpp. Never measures a running step: what a step needs comes from its last run, else from
// what its recipe declares.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "engine/sandbox/cgroup_files.hpp"
#include "plan/step.hpp"
#include "store/store.hpp"

namespace tmplbuild {

struct MachineLimits {
    unsigned cores = 1;
    std::uint64_t memory = 0;  // bytes
};
MachineLimits machine_limits(const KernelFiles& kernel = {});

class MachineBudget {
  public:
    MachineBudget(const Store& store, MachineLimits limits) : store_(store), limits_(limits) {}
    static MachineBudget of_this_machine(const Store& store) { return {store, machine_limits()}; }

    // How many processes `step` may keep busy if it starts now beside the others; none: it has to wait. A step alone
    // is always admitted. `alike`: steps of its kind that are not finished, itself included.
    std::optional<unsigned> admit(const Step& step, const std::vector<const Step*>& beside, std::size_t alike) const;
    // Bytes: the peak of the nearest earlier run, else the recipe's declaration. 0: next to nothing.
    std::uint64_t memory_of(const Step& step) const;

  private:
    std::uint64_t reserve() const;
    const Store& store_;
    MachineLimits limits_;
};

}  // namespace tmplbuild
