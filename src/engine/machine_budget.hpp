// SPDX-License-Identifier: Apache-2.0
// How much of this machine steps may use at once: cores and memory within the limits of cgroups (v1 and v2), which may
// be less than the machine has. Used where steps are started, and by the kernel step. Pure except for machine_limits();
// never measures a running step.
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

// A step's demand on the machine.
struct StepLoad {
    StepKind kind;
    std::uint64_t memory = 0;  // bytes at its peak; 0: very little
};

class MachineBudget {
  public:
    explicit MachineBudget(MachineLimits limits) : limits_(limits) {}
    static MachineBudget of_this_machine() { return MachineBudget(machine_limits()); }

    // How many processes a step may keep busy if it starts now beside the others; none: it has to wait. A step alone is
    // always admitted. `alike`: how many steps of its kind are not finished, itself included.
    std::optional<unsigned> admit(const StepLoad& step, const std::vector<StepLoad>& beside, std::size_t alike) const;

  private:
    std::uint64_t reserve() const;
    MachineLimits limits_;
};

}  // namespace tmplbuild
