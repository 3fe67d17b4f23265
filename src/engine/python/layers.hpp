// SPDX-License-Identifier: Apache-2.0
// Packs a planned venv into layers in the store, one for each group of distributions; contents are streamed from the
// wheels into the tar. Used by the python step, as its last part. Never unpacks, never decides what belongs where
// (wheel.hpp, ownership.hpp).
#pragma once

#include <vector>

#include "engine/python/bytecode.hpp"
#include "engine/python/wheel.hpp"
#include "engine/step_context.hpp"

namespace tmplbuild {

struct VenvContent {
    VenvPlace place;
    std::vector<Wheel> wheels;           // sorted by name, after settle_ownership()
    std::vector<int> groups;             // the group of each wheel
    std::vector<VenvFile> skeleton;      // the venv's own files: a last layer of its own, a few kilobytes
    const Bytecode* bytecode = nullptr;  // of the venv's sources
};

// Makes layers by ascending group, then one of the skeleton, so that another kernel's name changes a few kilobytes
// only. Every file is checked against its hash on the way. Stops at context.stop.
Result<std::vector<BuiltLayer>> pack_venv(const VenvContent& venv, StepContext& context);

}  // namespace tmplbuild
