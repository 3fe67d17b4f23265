// SPDX-License-Identifier: Apache-2.0
// Packs a planned venv into layers in the store, one for each group of distributions; contents are streamed from the
// wheels into the tar. A group that an earlier build packed is taken from the store. Used by the python step. Never
// unpacks, never decides what belongs where (wheel.hpp, ownership.hpp).
#pragma once

#include <optional>
#include <vector>

#include "base/canonical_key.hpp"
#include "engine/python/bytecode.hpp"
#include "engine/python/wheel.hpp"
#include "engine/step_context.hpp"

namespace tmplbuild {

// The distributions that share a layer.
struct VenvGroup {
    std::vector<const Wheel*> wheels;
    CanonicalKey key;                 // of its layer, which has a record of its own
    std::optional<BuiltLayer> found;  // in the store
};

// `wheels`: after settle_ownership(); `groups`: the group of each. Ascending by group. Looks each one up in the store.
std::vector<VenvGroup> find_groups(const std::vector<Wheel>& wheels, const std::vector<int>& groups,
                                   const VenvPlace& place, const StepContext& context);

struct VenvContent {
    VenvPlace place;
    std::vector<VenvGroup> groups;
    std::vector<VenvFile> skeleton;      // the venv's own files: a last layer of its own, a few kilobytes
    const Bytecode* bytecode = nullptr;  // of the sources of all groups that are not found
};

// Returns the layers of the groups in their order, then one of the skeleton, so that another kernel's name changes a
// few kilobytes only. Every file that is packed is checked against its hash on the way. A group has its record once it
// is packed, so that a build that was stopped need not pack it again. Stops at context.stop.
Result<std::vector<BuiltLayer>> pack_venv(const VenvContent& venv, StepContext& context);

}  // namespace tmplbuild
