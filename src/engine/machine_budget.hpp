// SPDX-License-Identifier: Apache-2.0
// How much of this machine steps may use at once: cores and memory, as cgroups limit them (v1 and v2), not what the
// host has. Used by run_plan.cpp, which says what each step needs. Pure but for machine_limits(); never measures a
// running step.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "engine/sandbox/cgroup_files.hpp"
#include "plan/step.hpp"

namespace tmplbuild {

struct MachineLimits {
    unsigned cores = 1;
    std::uint64_t memory = 0;  // bytes
};
MachineLimits machine_limits(const KernelFiles& kernel = {});

// A step as it counts here.
struct StepLoad {
    StepKind kind;
    std::uint64_t memory = 0;  // bytes at its largest moment; 0: next to nothing
};

class MachineBudget {
  public:
    explicit MachineBudget(MachineLimits limits) : limits_(limits) {}
    static MachineBudget of_this_machine() { return MachineBudget(machine_limits()); }

    // How many processes a step may keep busy if it starts now beside the others; none: it has to wait. A step alone
    // is always admitted. `alike`: steps of its kind that are not finished, itself included.
    std::optional<unsigned> admit(const StepLoad& step, const std::vector<StepLoad>& beside, std::size_t alike) const;

  private:
    std::uint64_t reserve() const;
    MachineLimits limits_;
};

}  // namespace tmplbuild
