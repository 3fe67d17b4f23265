// SPDX-License-Identifier: Apache-2.0
// What every resolver works with. Used by apt, Python, git and toolchain look-ups. Never holds settings of its own.
#pragma once

#include <stop_token>

#include "base/progress.hpp"
#include "io/process.hpp"
#include "store/store.hpp"

namespace tmplbuild {

struct ResolveContext {
    const Store& store;
    io::ProcessRunner& processes;
    Progress& progress;
    std::stop_token stop;
};

}  // namespace tmplbuild
