// SPDX-License-Identifier: Apache-2.0
// A venv on paper → layers in the store, one per group of distributions, contents streamed from the wheels into the
// tar. Used by the python step, last of all. Never unpacks, never decides what belongs where (wheel.hpp,
// ownership.hpp).
#pragma once

#include <vector>

#include "engine/python/bytecode.hpp"
#include "engine/python/wheel.hpp"
#include "engine/step_context.hpp"

namespace tmplbuild {

struct VenvContent {
    VenvPlace place;
    std::vector<Wheel> wheels;           // sorted by name, ownership settled
    std::vector<int> groups;             // of the wheels, one each
    std::vector<VenvFile> skeleton;      // a last layer of its own, a few kilobytes
    const Bytecode* bytecode = nullptr;  // of the venv's sources
};

// Layers by ascending group, then one of the skeleton, so that another kernel's name moves a few kilobytes. Every file
// is checked against its hash on the way. Stops at context.stop.
Result<std::vector<BuiltLayer>> pack_venv(const VenvContent& venv, StepContext& context);

}  // namespace tmplbuild
