// SPDX-License-Identifier: Apache-2.0
// What this machine has and lacks of what builds need, each with the command that mends it: the answer of `doctor`.
// It asks by the same functions that refuse a build. Leaves nothing behind; asks no network.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "resolve/context.hpp"

namespace tmplbuild {

struct MachineFinding {
    enum class State {
        good,
        weak,     // works, with a drawback that the detail says
        missing,  // what it serves is refused here
    };
    State state = State::good;
    std::string what;    // "runc"
    std::string detail;  // what was found, or what is wrong: one sentence
    std::string serves;  // what needs it: "`run` and `apt` steps, kernels"
    std::string fix;     // a command for a shell, or what to change; empty where nothing is wrong
};

// In the order in which they matter. `own_programs`: nothing, or which of our own is missing.
std::vector<MachineFinding> look_at_machine(const Result<void>& own_programs, const ResolveContext& context);
// Where no store can be made, which most other questions need.
MachineFinding no_store(const Error& why);

}  // namespace tmplbuild
